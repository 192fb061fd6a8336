"""Where a channel is: no value of a parameter or a query leads to another place (RFC 3986)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from wsgen_runtime.addresses import Address, channel_url, server_url
from wsgen_runtime.options import Heartbeat, restored

SERVER = "wss://example.com/api"
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
hostile = st.one_of(
    texts,
    st.sampled_from(["..", ".", "a/b", "a?b", "a#b", "%2e%2e", "%2F", "//evil", "\\..\\", "é", "\x00", " ", "@x"]),
)


@given(hostile, hostile)
def test_a_parameter_is_one_segment_and_comes_back_as_it_was(first: str, second: str) -> None:
    assume(first not in (".", "..") and second not in (".", ".."))
    url = channel_url(SERVER, Address("/a/{first}/b/{second}", parameters={"first": first, "second": second}))
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("wss", "example.com", "", "")
    segments = [unquote(segment) for segment in parts.path.split("/")]
    assert segments == ["", "api", "a", first, "b", second]
    assert urlsplit(urljoin(url, parts.path)).path == parts.path  # no step for those who resolve it


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_a_step_in_the_path_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"/feed/\{symbol\}"):
        channel_url(SERVER, Address("/feed/{symbol}", parameters={"symbol": value}))


def test_a_step_that_the_template_completes_is_refused() -> None:
    with pytest.raises(ValueError, match="step to another path"):
        channel_url(SERVER, Address("/.{a}", parameters={"a": "."}))
    assert channel_url(SERVER, Address("/v{a}", parameters={"a": ".."})) == "wss://example.com/api/v.."


@given(st.dictionaries(texts, hostile), st.booleans())
def test_a_query_comes_back_as_it_was(query: dict[str, str], given_before: bool) -> None:
    server = f"{SERVER}?key=value" if given_before else SERVER
    parts = urlsplit(channel_url(server, Address("/x", query=query)))
    found = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    assert found == [("key", "value")] * given_before + list(query.items())
    assert (parts.path, parts.fragment) == ("/api/x", "")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"on": True, "off": False}, "on=true&off=false"),
        ({"count": 7, "ratio": 0.5, "big": 1e21}, "count=7&ratio=0.5&big=1e%2B21"),
        (
            {"kinds": ["bid", "ask"], "levels": (1, 2), "flags": [True]},
            "kinds=bid&kinds=ask&levels=1&levels=2&flags=true",
        ),
        ({"range": {"from": 1, "to": 2}}, "from=1&to=2"),
        ({"absent": None, "none": [], "blank": ""}, "blank="),
        ({"a b": "c&d=e"}, "a%20b=c%26d%3De"),
    ],
)
def test_values_of_a_query_by_their_type(query: dict[str, Any], expected: str) -> None:
    assert Address("/", query=query).expanded() == ("/", expected)


@pytest.mark.parametrize(
    ("template", "parameters", "expected"),
    [
        ("/feed", {}, "wss://example.com/api/feed"),
        ("feed", {}, "wss://example.com/api/feed"),
        ("/", {}, "wss://example.com/api"),
        ("", {}, "wss://example.com/api"),
        ("/{n}/{flag}", {"n": 7, "flag": True}, "wss://example.com/api/7/true"),
        ("/ws?token={token}", {"token": "a&b/c"}, "wss://example.com/api/ws?token=a%26b%2Fc"),
        ("/ws?token={token}", {"token": ""}, "wss://example.com/api/ws?token="),
        ("/チャット 1#x", {}, "wss://example.com/api/%E3%83%81%E3%83%A3%E3%83%83%E3%83%88%201%23x"),
        ("/a%20b/{other}", {}, "wss://example.com/api/a%20b/%7Bother%7D"),
    ],
)
def test_templates(template: str, parameters: dict[str, Any], expected: str) -> None:
    assert channel_url(SERVER, Address(template, parameters=parameters)) == expected


def test_headers_that_are_absent_are_not_sent_and_none_breaks_the_handshake() -> None:
    assert Address("/", headers={"X-A": 1, "X-B": None, "X-C": True}).handshake_headers() == {"X-A": "1", "X-C": "true"}
    with pytest.raises(ValueError, match="'X-A' has a control character"):
        Address("/", headers={"X-A": "a\r\nX-Evil: b"}).handshake_headers()


def test_an_address_shows_no_value() -> None:
    address = Address("/{key}", parameters={"key": "secret"}, query={"k": "secret"}, headers={"h": "secret"})
    assert repr(address) == "Address('/{key}')"


class TestServers:
    TEMPLATE = "wss://{region}.example.com:{port}/{base}/ws"

    def test_variables_are_filled(self) -> None:
        variables = {"region": "eu", "port": "8443", "base": "v2/api"}
        assert server_url(self.TEMPLATE, variables) == "wss://eu.example.com:8443/v2/api/ws"

    @given(hostile)
    def test_a_variable_leads_to_no_other_host(self, value: str) -> None:
        try:
            url = server_url(self.TEMPLATE, {"region": value, "port": "1", "base": value})
            parts = urlsplit(channel_url(url, Address("")))
        except ValueError:
            return
        assert parts.netloc.endswith(".example.com:1")
        assert (parts.username, parts.query, parts.fragment) == (None, "", "")

    @pytest.mark.parametrize("value", ["", "evil.com/", "evil.com#", "evil.com?", "user@", "a b", "a\\b", "a\nb"])
    def test_what_ends_a_host_is_refused(self, value: str) -> None:
        with pytest.raises(ValueError, match="'region'"):
            server_url(self.TEMPLATE, {"region": value, "port": "1", "base": "x"})


def test_options_get_their_own_names_back() -> None:
    beat = Heartbeat("ping", 5.0)
    given_options = {"connection_heartbeat": beat, "timeout": 3.0}
    assert restored(given_options, heartbeat="connection_heartbeat") == {"heartbeat": beat, "timeout": 3.0}


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", "ws://localhost:80/feed"),
        ("ws://localhost", "ws://localhost:80/feed"),
        ("wss://example.com", "wss://example.com:80/feed"),
    ],
)
def test_a_host_that_is_a_variable_may_bring_its_scheme_along(host: str, expected: str) -> None:
    assert server_url("ws://{host}:{port}/feed", {"host": host, "port": "80"}) == expected


@pytest.mark.parametrize("host", ["ws://", "ws://evil/path", "http://localhost", "ws://ws://localhost"])
def test_it_may_bring_nothing_else(host: str) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        server_url("ws://{host}:{port}/feed", {"host": host, "port": "80"})
