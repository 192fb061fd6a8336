"""The plan of the house, held by the syntax trees: which room may import which, and who may touch the world."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import jinja2
import jinja2.nodes
import pytest

ROOT = Path(__file__).parents[1]
GENERATOR = ROOT / "generator" / "wsgen"
RUNTIME = ROOT / "runtime" / "wsgen_runtime"
TEMPLATES = ROOT / "templates" / "wsgen_templates"

ROOMS = (
    "problems",
    "config",
    "document",
    "resolve",
    "structure",
    "model",
    "upgrade",
    "build",
    "operations",
    "derive",
    "landing",
    "naming",
    "payloads",
    "views",
    "emit",
    "verify",
    "write",
    "targets",
    "pipeline",
    "cli",
)
"""In order: a room imports from those before it."""

TOUCH_THE_DISK = {"config", "document", "emit", "verify", "write", "cli"}
START_PROCESSES = {"cli", "document", "verify"}
USE_THE_NETWORK = {"document"}
PRINT = {"cli"}

DISK_METHODS = {
    "exists", "glob", "is_dir", "is_file", "iterdir", "mkdir", "read_bytes", "read_text", "rename", "rglob", "rmdir",
    "stat", "symlink_to", "touch", "unlink", "write_bytes", "write_text",
}  # fmt: skip
METHODS = {f".{name}" for name in DISK_METHODS}
DISK_MODULES = {"glob", "io", "shutil", "tempfile"}
PROCESS_MODULES = {"multiprocessing", "os", "signal", "subprocess"}
NETWORK_MODULES = {"http", "requests", "socket", "ssl", "urllib.request", "websockets"}
WORLD_OF_THE_RUNTIME = {"asyncio", "random", "time", "websockets"}


def sources(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def room_of(file: Path) -> str:
    return file.relative_to(GENERATOR).parts[0].removesuffix(".py")


def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text("utf-8"), str(file))


def imports(file: Path, root: Path) -> Iterator[tuple[str, bool]]:
    """Every module that a file imports, anywhere in it, by its full name, and whether relatively."""
    package = (root.name, *file.relative_to(root).with_suffix("").parts)[:-1]
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, False) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *([node.module] if node.module else [])))
            # `from . import rules` names a module after `import`.
            yield from ((f"{module}.{alias.name}", bool(node.level)) for alias in node.names)


def top(module: str) -> str:
    return module.split(".", 1)[0]


def calls(file: Path) -> Iterator[tuple[str, int]]:
    """The names of everything that is called; methods are written `.name`."""
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.id if isinstance(called, ast.Name) else f".{getattr(called, 'attr', '')}"
            yield name, node.lineno


GENERATOR_FILES = [file for file in sources(GENERATOR) if file.parent != GENERATOR or file.name != "__init__.py"]


def named(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("file", GENERATOR_FILES, ids=named)
def test_every_file_stands_in_a_room(file: Path) -> None:
    assert room_of(file) in ROOMS


@pytest.mark.parametrize("file", GENERATOR_FILES, ids=named)
def test_rooms_import_one_way(file: Path) -> None:
    own = ROOMS.index(room_of(file))
    for module, _ in imports(file, GENERATOR):
        parts = module.split(".")
        if parts[0] == "wsgen" and len(parts) > 1:
            assert parts[1] in ROOMS, f"{module} is no room"
            assert ROOMS.index(parts[1]) <= own, f"{room_of(file)} imports {module}, which stands to its right"


@pytest.mark.parametrize("file", GENERATOR_FILES, ids=named)
def test_the_generator_never_imports_the_runtime(file: Path) -> None:
    assert "wsgen_runtime" not in {top(module) for module, _ in imports(file, GENERATOR)}


@pytest.mark.parametrize("file", sources(RUNTIME), ids=named)
def test_the_runtime_imports_itself_relatively_and_never_the_generator(file: Path) -> None:
    for module, relative in imports(file, RUNTIME):
        assert top(module) not in {"wsgen", "wsgen_templates"}
        assert relative or top(module) != "wsgen_runtime", f"{module} would not be found in a copy"
        assert not relative or top(module) == "wsgen_runtime", f"{module} leads out of the runtime"


@pytest.mark.parametrize("file", sources(RUNTIME), ids=named)
def test_only_the_shell_of_the_runtime_touches_the_world(file: Path) -> None:
    if file.relative_to(RUNTIME).parts[0].removesuffix(".py") != "shell":
        used = {top(module) for module, _ in imports(file, RUNTIME)}
        assert used & WORLD_OF_THE_RUNTIME == set()


def imported_modules(file: Path) -> set[str]:
    found = {module for module, _ in imports(file, GENERATOR)}
    return found | {module.rpartition(".")[0] for module in found} | {top(module) for module in found}


@pytest.mark.parametrize("file", [f for f in GENERATOR_FILES if room_of(f) not in TOUCH_THE_DISK], ids=named)
def test_other_rooms_leave_the_disk_alone(file: Path) -> None:
    assert imported_modules(file) & (DISK_MODULES | PROCESS_MODULES) == set()
    touched = [f"{name} (line {line})" for name, line in calls(file) if name in {"open", *METHODS}]
    assert touched == []


@pytest.mark.parametrize("file", GENERATOR_FILES, ids=named)
def test_processes_network_and_print_have_their_rooms(file: Path) -> None:
    used = imported_modules(file)
    assert room_of(file) in USE_THE_NETWORK or used & NETWORK_MODULES == set()
    assert room_of(file) in START_PROCESSES or not used & {"multiprocessing", "signal", "subprocess"}
    prints = [line for name, line in calls(file) if name in {"print", "input"}]
    streams = [
        node.lineno
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.Attribute)
        and node.attr in {"stdout", "stderr"}
        and room_of(file) not in START_PROCESSES
    ]
    assert room_of(file) in PRINT or prints + streams == []


def test_templates_only_print() -> None:
    environment = jinja2.Environment(autoescape=False)  # parsed, never rendered
    templates = sorted(TEMPLATES.rglob("*.jinja"))
    assert templates
    forbidden = (
        jinja2.nodes.Assign,
        jinja2.nodes.AssignBlock,
        jinja2.nodes.CallBlock,
        jinja2.nodes.FilterBlock,
        jinja2.nodes.Macro,
    )
    for template in templates:
        tree = environment.parse(template.read_text("utf-8"), filename=str(template))
        found = [f"{named(template)}:{node.lineno}" for kind in forbidden for node in tree.find_all(kind)]
        names = {node.name for node in tree.find_all(jinja2.nodes.Name)}
        assert found == []
        assert names & {"namespace", "cycler", "joiner", "lipsum", "range", "dict"} == set()


def test_the_plan_names_the_same_rooms_in_the_same_order() -> None:
    plan = (ROOT / "docs" / "house.md").read_text("utf-8").split("## Rooms of the runtime")[0]
    rows = [line.split("|")[1].strip().strip("`") for line in plan.splitlines() if line.startswith("| `")]
    assert [row for row in rows if not row.endswith("/")] == list(ROOMS)


LONGEST_FILE = 700
LONGEST_FUNCTION = 60


@pytest.mark.parametrize("root", [GENERATOR, RUNTIME, TEMPLATES], ids=lambda root: root.name)
def test_files_and_functions_are_short(root: Path) -> None:
    long: list[str] = []
    for module in sources(root):
        text = module.read_text("utf-8")
        if len(text.splitlines()) > LONGEST_FILE:
            long.append(str(module.relative_to(ROOT)))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                if node.end_lineno - node.lineno >= LONGEST_FUNCTION:
                    long.append(f"{module.relative_to(ROOT)}: {node.name}")
    assert long == []
