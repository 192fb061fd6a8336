from __future__ import annotations

import os
import sys
from pathlib import Path, PurePosixPath

import pytest
from wsgen.problems import Problem, Problems
from wsgen.verify import verify, verify_all

WORKING = {
    "__init__.py": "from .deep.inner import VALUE\n",
    "deep/__init__.py": "",
    "deep/inner.py": "VALUE = 1\n",
    "README.md": "no Python (",
}


def verified(files: dict[str, str], timeout: float = 60.0) -> list[Problem]:
    problems = Problems()
    verify({PurePosixPath(name): text for name, text in files.items()}, problems, timeout=timeout)
    return list(problems)


def test_a_package_that_works() -> None:
    assert verified(WORKING) == []


def test_a_folder_without_an_init_is_a_package() -> None:
    assert verified({"client.py": "from .deep.er.inner import VALUE\n", "deep/er/inner.py": "VALUE = 1\n"}) == []
    (problem,) = verified({"client.py": "from .deep.no import VALUE\n", "deep/inner.py": "VALUE = 1\n"})
    assert (problem.code, problem.place.file) == ("WSG602", "client.py")


def test_a_syntax_error_has_its_line() -> None:
    (problem,) = verified({**WORKING, "client.py": "a = 1\nb = (\n"})
    assert (problem.code, problem.level) == ("WSG601", "error")
    assert (problem.place.file, problem.place.line) == ("client.py", 2)
    assert problem.message.startswith("the output does not compile: SyntaxError")


def test_an_import_that_fails_has_its_innermost_line() -> None:
    (problem,) = verified({**WORKING, "deep/inner.py": "VALUE = 1\nOTHER = missing\n"})
    assert problem.code == "WSG602"
    assert (problem.place.file, problem.place.line) == ("deep/inner.py", 2)
    assert "NameError: name 'missing' is not defined" in problem.message


def test_a_relative_import_of_nothing() -> None:
    (problem,) = verified({**WORKING, "client.py": "from .nothing import x\n"})
    assert (problem.code, problem.place.file) == ("WSG602", "client.py")


def test_a_model_that_cannot_be_completed() -> None:
    models = (
        "from __future__ import annotations\n"
        "from pydantic import BaseModel\n"
        "class Order(BaseModel):\n"
        "    side: Nowhere\n"
    )
    (problem,) = verified({**WORKING, "models.py": models})
    assert (problem.code, problem.place.file) == ("WSG603", "models.py")


def test_output_that_never_ends() -> None:
    (problem,) = verified({**WORKING, "client.py": "while True: pass\n"}, timeout=1.0)
    assert (problem.code, problem.level) == ("WSG604", "error")


def test_an_interpreter_that_dies_is_a_finding() -> None:
    (problem,) = verified({**WORKING, "client.py": "import os\nos._exit(3)\n"})
    assert problem.code == "WSG602"
    assert "ended with 3" in problem.message


def test_a_library_that_is_not_installed_is_a_note() -> None:
    problem, *others = verified({**WORKING, "client.py": "raise ModuleNotFoundError(name='msgspec')\n"})
    assert (problem.code, problem.level, others) == ("WSG609", "note", [])
    assert "`msgspec` is not installed here" in problem.message


def test_neither_the_folder_nor_the_environment_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "json.py").write_text("raise RuntimeError('the wrong module')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.fspath(tmp_path))
    assert verified({**WORKING, "client.py": "import json\njson.dumps(1)\n"}) == []


def test_this_process_imports_nothing_of_it() -> None:
    before = set(sys.modules)
    verified(WORKING)
    assert {name for name in set(sys.modules) - before if name.startswith("client")} == set()


class TestSeveral:
    """Packages that share an interpreter are told apart."""

    def verified_together(self, *clients: str, processes: int, timeout: float = 60.0) -> list[list[str]]:
        packages = [
            ({PurePosixPath("__init__.py"): "", PurePosixPath("client.py"): text}, Problems()) for text in clients
        ]
        verify_all(packages, processes=processes, timeout=timeout)
        return [[problem.code for problem in problems] for _, problems in packages]

    @pytest.mark.parametrize("processes", [1, 2, 4])
    def test_each_is_told_its_own(self, processes: int) -> None:
        clients = ("a = 1\n", "a = (\n", "from .nothing import x\n", "import os\nos._exit(3)\n", "a = 1\n")
        expected = [[], ["WSG601"], ["WSG602"], ["WSG602"], []]
        assert self.verified_together(*clients, processes=processes) == expected

    def test_one_that_never_ends_leaves_time_for_the_others(self) -> None:
        clients = ("a = 1\n", "while True: pass\n", "a = 1\n")
        assert self.verified_together(*clients, processes=1, timeout=1.0) == [[], ["WSG604"], []]

    def test_the_same_module_of_two_packages_is_not_shared(self) -> None:
        own = "from .client import VALUE\nassert VALUE == {}\n"
        packages = [
            ({PurePosixPath("__init__.py"): own.format(n), PurePosixPath("client.py"): f"VALUE = {n}\n"}, Problems())
            for n in (1, 2)
        ]
        verify_all(packages)
        assert [list(problems) for _, problems in packages] == [[], []]
