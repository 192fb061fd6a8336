"""Whatever a user can name as a document: a file, a URL, an attribute of a module, standard input."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urljoin

from wsgen.problems import Place, Problems, Stop

from . import Document, load, reader
from .remote import Fetcher, is_url, origin, public_url
from .text import decoded

__all__ = ["Read", "is_module", "open_source"]

Read = Callable[[str, Place], Document | None]

_MODULE = re.compile(r"(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*:[A-Za-z_][\w.]*\Z")


def is_module(source: str) -> bool:
    """Whether it is `module:attribute`, and no file is called so."""
    return bool(_MODULE.match(source)) and not Path(source).exists()


def open_source(
    source: str,
    problems: Problems,
    *,
    folder: Path = Path(),
    headers: Mapping[str, str] | None = None,
    place: Place | None = None,
    allowed: Iterable[Path] = (),
) -> tuple[Document, Read]:
    """A document, and the way to those that it refers to, for `resolve.resolve`.

    Args:
        folder: from where modules are imported: the folder of the configuration.
        headers: for a URL; they go to its origin only. `${NAME}` in a value is an environment variable.
        place: where these headers are configured.
        allowed: folders beside that of a file whose files it may refer to.

    Raises:
        Stop: there is none; `problems` says why.
    """
    if is_url(source):
        return _fetched(Fetcher(source, headers or {}, place or Place(""), problems), problems)
    if is_module(source):
        from .modules import text_of_module

        folders = tuple(dict.fromkeys((folder.resolve(), (folder / "src").resolve(), Path().resolve())))
        text = text_of_module(source, [each for each in folders if each.is_dir()], problems)
        return load(source, problems, text=text), _nothing_beside(problems)
    return load(source, problems), reader(source, problems, allowed)


def _nothing_beside(problems: Problems) -> Read:
    def read(path: str, place: Place) -> None:
        message = f"the reference leads to the file `{path}`, and a document that an application gives has no folder"
        problems.error("WSG301", message, place, "put the definition into the document, below `components`")

    return read


def _fetched(fetcher: Fetcher, problems: Problems) -> tuple[Document, Read]:
    content, base = fetcher.fetch(fetcher.url, Place(public_url(fetcher.url)))
    name = public_url(base)
    document = load(name, problems, text=decoded(content, name, problems))

    def read(path: str, place: Place) -> Document | None:
        url = urljoin(base, path)
        try:
            if origin(url) != origin(base):
                message = f"the reference leads to `{public_url(url)}`, which is not of the document's origin"
                problems.error("WSG305", message, place, "serve the file beside the document")
                return None
            own, _ = fetcher.fetch(url, place, within=origin(base))
            name = public_url(url)
            return load(name, problems, text=decoded(own, name, problems))
        except Stop:
            return None

    return replace(document, base=base), read
