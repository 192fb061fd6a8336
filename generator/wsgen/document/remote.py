"""Documents on the network: fetched where a command line or a configuration names them, and nowhere else."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.client import HTTPException
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlsplit, urlunsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from wsgen.problems import Place, Problems, Stop

from .text import MAX_BYTES, refuse_size

__all__ = ["Fetcher", "is_url", "origin", "public_url"]

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_CHUNK = 64 * 1024
_MAX_REDIRECTS = 5
SILENCE = 10.0
"""Seconds without a byte after which a server is given up."""

PATIENCE = 30.0
"""Seconds for one document, redirects included."""

_CREDENTIALS = "give the client `headers` in the configuration, for this address"
_OTHERWISE = "correct the address, or save the document to a file and name that"

ACCEPT = "application/json, application/yaml, text/yaml, */*;q=0.5"


def is_url(source: str) -> bool:
    return source.lower().startswith(("http://", "https://"))


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port (RFC 6454, section 4)."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), parts.port or {"http": 80, "https": 443}.get(scheme, 0)


def public_url(url: str) -> str:
    """The URL without what can hold a secret: credentials, query and fragment."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


class _NoRedirect(HTTPRedirectHandler):
    """Redirects come back as errors: who follows them has to look at where they lead."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> Request | None:
        return None


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches from one origin, with headers that go there and nowhere else.

    Attributes:
        url: the document's URL, which names the origin.
        headers: as in the configuration; `${NAME}` in a value is an environment variable.
        place: where the headers are configured.
    """

    url: str
    headers: Mapping[str, str] = field(repr=False)
    place: Place
    problems: Problems

    def fetch(self, url: str, place: Place, *, within: tuple[str, str, int] | None = None) -> tuple[bytes, str]:
        """The content at `url`, and the URL that it came from in the end.

        `within` is the origin that redirects may not leave; None: they may, and take no headers along.

        Raises:
            Stop: there is none (WSG112), or it is too large (WSG102), or a header is not known (WSG912).
        """
        deadline = time.monotonic() + PATIENCE
        secret = self._secret_headers()
        current = url
        for _ in range(_MAX_REDIRECTS + 1):
            try:
                if not urlsplit(current).hostname or not is_url(current) or urlsplit(current).username is not None:
                    raise self._refused(url, "an address must be http or https, and without credentials", place)
                own = secret if origin(current) == origin(self.url) else {}
                request = Request(current, headers={"Accept": ACCEPT, "User-Agent": "wsgen", **own})
                with build_opener(_NoRedirect).open(request, timeout=SILENCE) as response:
                    return self._read(response, url, deadline, place), current
            except HTTPError as error:
                with error:
                    target = error.headers.get("Location") if error.code in (301, 302, 303, 307, 308) else None
                if target is None:
                    why = f"the server answered with {error.code} {error.reason}"
                    raise self._refused(
                        url, why, place, _CREDENTIALS if error.code in (401, 403) else _OTHERWISE
                    ) from None
                following = urljoin(current, target)
                if urlsplit(current).scheme == "https" and urlsplit(following).scheme != "https":
                    raise self._refused(url, "it is redirected from https to what is not encrypted", place) from None
                if within is not None and origin(following) != within:
                    raise self._refused(url, "it is redirected to another origin than the document's", place) from None
                current = following
            except (URLError, HTTPException, OSError, ValueError) as error:
                raise self._refused(url, _reason(error), place) from None
        raise self._refused(url, f"it is redirected more than {_MAX_REDIRECTS} times", place)

    def _read(self, response: IO[bytes], url: str, deadline: float, place: Place) -> bytes:
        found = bytearray()
        while chunk := response.read(_CHUNK):
            found += chunk
            if len(found) > MAX_BYTES:
                refuse_size(public_url(url), self.problems)
            if time.monotonic() > deadline:
                raise self._refused(url, f"it was not there within {PATIENCE:g} s", place)
        return bytes(found)

    def _refused(self, url: str, why: str, place: Place, help: str = _OTHERWISE) -> Stop:
        shown = public_url(url)
        self.problems.error("WSG112", f"`{shown}` cannot be fetched: {why}", place, help)
        return Stop()

    def _secret_headers(self) -> dict[str, str]:
        """The headers with their variables filled in. Values are never shown."""
        found: dict[str, str] = {}
        missing = False
        for name, value in self.headers.items():
            for variable in _VARIABLE.findall(value):
                if not os.environ.get(variable):
                    missing = True
                    message = f"the header `{name}` needs the environment variable {variable}, which is not set"
                    self.problems.error("WSG912", message, self.place, f"set {variable}, or leave the header out")
            found[name] = _VARIABLE.sub(lambda match: os.environ.get(match[1], ""), value)
            if not _is_header(name, found[name]):
                missing = True
                message = f"the header `{name}` is none that HTTP could carry"
                self.problems.error("WSG912", message, self.place, "write letters of ASCII, in one line")
        if missing:
            raise Stop
        return found


def _is_header(name: str, value: str) -> bool:
    """A field of HTTP (RFC 9110, section 5): a token, and text of one line."""
    return bool(re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name)) and bool(
        re.fullmatch(r"[\t\x20-\x7e\x80-\xff]*", value)
    )


def _reason(error: Exception) -> str:
    """Why, without anything of the request in it."""
    inner = error.reason if isinstance(error, URLError) else error
    if isinstance(inner, TimeoutError):
        return f"the server said nothing for {SILENCE:g} s"
    if isinstance(inner, OSError):
        return inner.strerror or type(inner).__name__
    return f"the answer is no HTTP ({type(inner).__name__})" if isinstance(inner, HTTPException) else "it is no address"
