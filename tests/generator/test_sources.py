"""Documents that are no files: URLs from real servers, attributes of real modules."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from wsgen.config import ClientSettings
from wsgen.document import remote
from wsgen.document.modules import text_of_module
from wsgen.document.sources import open_source
from wsgen.pipeline import understand
from wsgen.problems import Place, Problem, Problems, Stop

from .rule_examples import run_wsgen

DOCUMENT = {
    "asyncapi": "3.0.0",
    "info": {"title": "Feed", "version": "1"},
    "channels": {
        "feed": {"address": "/feed", "messages": {"tick": {"payload": {"$ref": "#/components/schemas/Tick"}}}}
    },
    "operations": {"tick": {"action": "send", "channel": {"$ref": "#/channels/feed"}}},
    "components": {"schemas": {"Tick": {"type": "object", "properties": {"type": {"const": "tick"}}}}},
}
SECRET = "s3cr3t-t0ken"
WHERE = Place("wsgen.toml", 3, 1)


@dataclass
class Site:
    """An HTTP server: what it answers by path, and what it was asked."""

    url: str = ""
    answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    def gives(self, path: str, body: object, status: int = 200) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()

        def answer(request: BaseHTTPRequestHandler) -> None:
            request.send_response(status)
            request.send_header("Content-Length", str(len(content)))
            request.end_headers()
            request.wfile.write(content)

        self.answers[path] = answer

    def redirects(self, path: str, target: str) -> None:
        def answer(request: BaseHTTPRequestHandler) -> None:
            request.send_response(302)
            request.send_header("Location", target)
            request.send_header("Content-Length", "0")
            request.end_headers()

        self.answers[path] = answer


@pytest.fixture
def site() -> Iterator[Callable[[], Site]]:
    """Starts servers on ports of 127.0.0.1."""
    running: list[ThreadingHTTPServer] = []

    def start() -> Site:
        site = Site()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                site.asked.append((self.path, self.headers.get("Authorization")))
                if path in site.answers:
                    site.answers[path](self)
                else:
                    self.send_error(404)

            def log_message(self, format: str, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        running.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        site.url = f"http://127.0.0.1:{server.server_address[1]}"
        return site

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def read(source: str, **options: Any) -> tuple[Any, list[Problem]]:
    """What the whole pipeline makes of a source; None where it stops."""
    problems = Problems()
    try:
        found: Any = understand(ClientSettings(input=source, place=WHERE, **options), problems)
    except Stop:
        found = None
    return found, list(problems)


def refused(source: str, **options: Any) -> Problem:
    found, (problem,) = read(source, **options)
    assert found is None
    assert SECRET not in repr(problem)
    return problem


class TestUrls:
    def test_a_document_is_fetched(self, site: Callable[[], Site]) -> None:
        own = site()
        own.gives("/asyncapi.json", DOCUMENT)
        found, problems = read(f"{own.url}/asyncapi.json")
        assert (found.client.title, found.sources.files) == ("Feed", ())
        assert [problem for problem in problems if problem.level == "error"] == []

    def test_yaml_without_a_suffix_is_read_and_placed(self, site: Callable[[], Site]) -> None:
        own = site()
        own.gives("/docs", b"asyncapi: 3.0.0\ninfo: 3\nchannels: {}\n")
        _, problems = read(f"{own.url}/docs?key={SECRET}")
        assert {(problem.place.file, problem.place.line) for problem in problems} >= {(f"{own.url}/docs", 2)}

    def test_headers_are_filled_from_the_environment(
        self, site: Callable[[], Site], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("FEED_TOKEN", SECRET)
        own = site()
        own.gives("/asyncapi.json", DOCUMENT)
        read(f"{own.url}/asyncapi.json", headers={"Authorization": "Bearer ${FEED_TOKEN}"})
        assert own.asked == [("/asyncapi.json", f"Bearer {SECRET}")]

    def test_a_variable_that_is_not_set(self, site: Callable[[], Site], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("FEED_TOKEN", raising=False)
        own = site()
        problem = refused(f"{own.url}/asyncapi.json", headers={"Authorization": "Bearer ${FEED_TOKEN}"})
        assert (problem.code, problem.place) == ("WSG912", WHERE)
        assert "FEED_TOKEN, which is not set" in problem.message
        assert own.asked == []

    @pytest.mark.parametrize("header", [("X\r\nEvil", "a"), ("X", "a\r\nEvil: b"), ("X Y", "a"), ("X", "\u20ac")])
    def test_a_header_cannot_smuggle_another(self, site: Callable[[], Site], header: tuple[str, str]) -> None:
        own = site()
        assert refused(f"{own.url}/asyncapi.json", headers=dict([header])).code == "WSG912"
        assert own.asked == []

    def test_headers_stay_at_their_origin(self, site: Callable[[], Site]) -> None:
        own, other = site(), site()
        own.redirects("/old", "/new")
        own.redirects("/new", f"{other.url}/asyncapi.json")
        other.gives("/asyncapi.json", DOCUMENT)
        found, _ = read(f"{own.url}/old", headers={"Authorization": SECRET})
        assert found.client.title == "Feed"
        assert own.asked == [("/old", SECRET), ("/new", SECRET)]
        assert other.asked == [("/asyncapi.json", None)]

    def test_redirects_end(self, site: Callable[[], Site]) -> None:
        own = site()
        own.redirects("/a", "/a")
        assert "redirected more than 5 times" in refused(f"{own.url}/a").message
        assert len(own.asked) == 6

    @pytest.mark.parametrize(
        "target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://u:p@127.0.0.1/x", "data:,{}"]
    )
    def test_redirects_lead_to_http_alone(self, site: Callable[[], Site], target: str) -> None:
        own = site()
        own.redirects("/a", target)
        problem = refused(f"{own.url}/a")
        assert (problem.code, "must be http or https" in problem.message) == ("WSG112", True)

    def test_what_the_server_says_is_told(self, site: Callable[[], Site]) -> None:
        problem = refused(f"{site().url}/none?token={SECRET}", headers={"Authorization": SECRET})
        assert problem.code == "WSG112"
        assert problem.message.endswith("the server answered with 404 Not Found")

    def test_nobody_is_there(self) -> None:
        assert "refused" in refused(f"http://127.0.0.1:9/x?token={SECRET}").message.lower()

    def test_credentials_in_the_address_are_refused_and_not_shown(self) -> None:
        problem = refused(f"http://user:{SECRET}@127.0.0.1:9/x")
        assert "without credentials" in problem.message

    def test_a_document_without_end_is_cut(self, site: Callable[[], Site], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(remote, "MAX_BYTES", 100_000)
        own = site()

        def endless(request: BaseHTTPRequestHandler) -> None:
            request.send_response(200)
            request.end_headers()
            while True:
                try:
                    request.wfile.write(b"x" * 50_000)
                except OSError:
                    return

        own.answers["/endless"] = endless
        assert refused(f"{own.url}/endless").code == "WSG102"

    def test_a_server_that_says_nothing(self, site: Callable[[], Site], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(remote, "SILENCE", 0.1)
        own, released = site(), threading.Event()

        def wait(request: BaseHTTPRequestHandler) -> None:
            released.wait(10)

        own.answers["/slow"] = wait
        try:
            assert "said nothing for 0.1 s" in refused(f"{own.url}/slow").message
        finally:
            released.set()

    def test_a_server_that_drips(self, site: Callable[[], Site], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(remote, "PATIENCE", 0.2)
        monkeypatch.setattr(remote, "_CHUNK", 1)
        own = site()

        def drip(request: BaseHTTPRequestHandler) -> None:
            request.send_response(200)
            request.end_headers()
            while True:
                try:
                    request.wfile.write(b" ")
                    time.sleep(0.005)
                except OSError:
                    return

        own.answers["/drip"] = drip
        assert "was not there within 0.2 s" in refused(f"{own.url}/drip").message

    def test_what_is_no_http(self) -> None:
        import socket

        with socket.create_server(("127.0.0.1", 0)) as listening:

            def answer() -> None:
                connection, _ = listening.accept()
                with connection:
                    connection.recv(4096)
                    connection.sendall(b"nonsense\r\n\r\n")

            threading.Thread(target=answer, daemon=True).start()
            assert "the answer is no HTTP" in refused(f"http://127.0.0.1:{listening.getsockname()[1]}/x").message


class TestReferencesOfUrls:
    def with_reference(self, own: Site, reference: str) -> tuple[Any, list[Problem]]:
        document = json.loads(json.dumps(DOCUMENT))
        document["components"]["schemas"]["Tick"] = {"$ref": reference}
        own.gives("/api/v1/asyncapi.json", document)
        own.gives("/api/v1/schemas/tick.json", {"Tick": DOCUMENT["components"]["schemas"]["Tick"]})  # type: ignore[index]  # of a literal above
        own.gives("/shared/tick.json", {"Tick": {"$ref": "../api/v1/schemas/tick.json#/Tick"}})
        found, problems = read(f"{own.url}/api/v1/asyncapi.json?key=1", headers={"Authorization": SECRET})
        return found, [problem for problem in problems if problem.level == "error"]

    @pytest.mark.parametrize(
        "reference",
        [
            "schemas/tick.json#/Tick",
            "/shared/tick.json#/Tick",
            "../../shared/tick.json#/Tick",
            "{origin}/shared/tick.json#/Tick",
        ],
    )
    def test_they_are_fetched_from_the_same_origin(self, site: Callable[[], Site], reference: str) -> None:
        own = site()
        found, problems = self.with_reference(own, reference.replace("{origin}", own.url))
        assert problems == []
        assert found.client.connections[0].received[0].key == "tick"
        assert {secret for _, secret in own.asked} == {SECRET}

    def test_another_origin_is_not_asked(self, site: Callable[[], Site]) -> None:
        own, other = site(), site()
        other.gives("/tick.json", {"Tick": {}})
        _, problems = self.with_reference(own, f"{other.url}/tick.json#/Tick")
        assert {problem.code for problem in problems} == {"WSG304"}
        assert other.asked == []

    def test_nor_by_a_redirect(self, site: Callable[[], Site]) -> None:
        own, other = site(), site()
        own.redirects("/moved.json", f"{other.url}/tick.json")
        _, problems = self.with_reference(own, "/moved.json#/Tick")
        assert {problem.code for problem in problems} == {"WSG112"}
        assert other.asked == []

    def test_a_reference_to_the_document_itself_is_the_document(self, site: Callable[[], Site]) -> None:
        own = site()
        own.gives("/other.json", {"Tick": {"$ref": "api/v1/asyncapi.json#/components/schemas/Own"}})
        document = json.loads(json.dumps(DOCUMENT))
        schemas = document["components"]["schemas"]
        schemas["Own"], schemas["Tick"] = schemas["Tick"], {"$ref": "/other.json#/Tick"}
        own.gives("/api/v1/asyncapi.json", document)
        _, problems = read(f"{own.url}/api/v1/asyncapi.json")
        assert [problem for problem in problems if problem.level == "error"] == []
        assert [path for path, _ in own.asked].count("/api/v1/asyncapi.json") == 1


APPLICATION = f"""\
import sys, os
print("noise"); sys.stderr.write("more noise")
document = {DOCUMENT!r}
text = {json.dumps(DOCUMENT)!r}
def made():
    return document
class Service:
    def asyncapi(self):
        return document
class Model:
    def asyncapi(self):
        return self
    def model_dump_json(self, *, by_alias, exclude_none):
        return text
class Holder:
    service = Service()
service = Service()
model = Model()
number = 3
def broken():
    raise LookupError("first line\\nlast line")
async def later():
    return document
def leave():
    os._exit(7)
def unjson():
    return {{"a": {{1, 2}}}}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "app.py").write_text(APPLICATION, "utf-8")
    (tmp_path / "src" / "deep").mkdir(parents=True)
    (tmp_path / "src" / "deep" / "app.py").write_text(APPLICATION, "utf-8")
    (tmp_path / "broken.py").write_text("import nothing_of_that_name\n", "utf-8")
    (tmp_path / "ends.py").write_text("raise SystemExit('enough')\n", "utf-8")
    (tmp_path / "marks.py").write_text("raise RuntimeError('mine')\n", "utf-8")
    return tmp_path


class TestModules:
    @pytest.mark.parametrize(
        "source",
        [
            "shop.app:service",
            "shop.app:Holder.service",
            "shop.app:document",
            "shop.app:made",
            "shop.app:model",
            "shop.app:text",
            "deep.app:service",
        ],
    )
    def test_an_attribute_gives_a_document(self, project: Path, source: str, capfd: pytest.CaptureFixture[str]) -> None:
        found, problems = read(source, folder=project)
        assert [problem for problem in problems if problem.level == "error"] == []
        assert (found.client.title, found.sources.files) == ("Feed", ())
        assert capfd.readouterr() == ("", "")

    @pytest.mark.parametrize(
        ("source", "message"),
        [
            ("nowhere.app:service", "`nowhere.app` cannot be imported: ModuleNotFoundError: No module named 'nowhere'"),
            ("broken:app", "`broken` cannot be imported: ModuleNotFoundError: No module named 'nothing_of_that_name'"),
            ("ends:app", "`ends` cannot be imported: SystemExit: enough"),
            ("marks:app", "`marks` cannot be imported: RuntimeError: mine"),
            (
                "shop.app:servise",
                "AttributeError: module 'shop.app' has no attribute 'servise'; did you mean `service`?",
            ),
            ("shop.app:broken", "`shop.app:broken()` failed: LookupError: last line"),
            ("shop.app:number", "it gives a `int`; wanted is a dictionary, a function that returns one"),
            ("shop.app:later", "it gives a `coroutine`; wanted is a dictionary"),
            ("shop.app:unjson", "the document cannot be written as JSON: TypeError: Object of type set"),
            ("shop.app:leave", "`shop.app` ended the interpreter with 7: more noise"),
        ],
    )
    def test_what_went_wrong_is_told(self, project: Path, source: str, message: str) -> None:
        problem = refused(source, folder=project)
        assert problem.code == "WSG113"
        assert problem.message.startswith(message)

    def test_a_module_that_never_ends(self, project: Path) -> None:
        (project / "sleeps.py").write_text("import time\ntime.sleep(100)\n", "utf-8")
        problems = Problems()
        with pytest.raises(Stop):
            text_of_module("sleeps:app", [project], problems, timeout=0.5)
        assert "was not imported within 0.5 s" in next(iter(problems)).message

    def test_nothing_of_ours_is_in_its_way_and_nothing_of_it_in_ours(self, project: Path) -> None:
        import sys

        (project / "document.py").write_text(
            "import sys, os\nassert 'wsgen' not in sys.modules\nos.environ['LEFT_BEHIND'] = '1'\n"
            f"document = {DOCUMENT!r}\n",
            "utf-8",
        )
        assert read("document:document", folder=project)[0] is not None
        assert "LEFT_BEHIND" not in os.environ
        assert "document" not in sys.modules

    def test_references_to_files_are_refused(self, project: Path) -> None:
        (project / "refers.py").write_text(
            f"document = {DOCUMENT!r}\ndocument['components']['schemas']['Tick'] = {{'$ref': 'x.json'}}\n", "utf-8"
        )
        _, problems = read("refers:document", folder=project)
        (problem,) = [problem for problem in problems if problem.level == "error"]
        assert (problem.code, "has no folder" in problem.message) == ("WSG301", True)

    def test_a_file_with_a_colon_in_its_name_is_a_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "shop:app").write_text(json.dumps(DOCUMENT), "utf-8")
        problems = Problems()
        assert open_source("shop:app", problems)[0].name == "shop:app"


def test_the_configuration_names_a_module_and_its_folder(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "wsgen.toml").write_text('[[client]]\ninput = "deep.app:service"\noutput = "feed"\n', "utf-8")
    monkeypatch.chdir(project / "shop")
    code, out, err = run_wsgen("build")
    assert (code, "error" in err) == (0, False), err
    assert out.startswith("deep.app:service → ../feed/ (")


def test_headers_of_all_do_not_go_where_the_command_line_says(
    site: Callable[[], Site], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    own, other = site(), site()
    for each in (own, other):
        each.gives("/asyncapi.json", DOCUMENT)
    monkeypatch.setenv("TOKEN", SECRET)
    text = f'headers.Authorization = "${{TOKEN}}"\n[[client]]\ninput = "{own.url}/asyncapi.json"\noutput = "feed"\n'
    (tmp_path / "wsgen.toml").write_text(text, "utf-8")
    assert run_wsgen("validate", f"{other.url}/asyncapi.json")[0] == 0
    code, out, err = run_wsgen("build")
    assert (code, SECRET in out + err) == (0, False)
    assert {secret for _, secret in own.asked} == {SECRET}
    assert {secret for _, secret in other.asked} == {None}
    for file in (tmp_path / "feed").rglob("*"):
        assert file.is_dir() or SECRET not in file.read_text("utf-8")
