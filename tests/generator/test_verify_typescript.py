"""What is said of a package of TypeScript without a compiler."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from wsgen.problems import Problem, Problems
from wsgen.verify import verify

WORKING = {
    "index.ts": 'export { Client } from "./client.js";\nexport * as servers from "./servers.js";\n',
    "client.ts": (
        'import { Base, type Options } from "./runtime/index.js";\n'
        '/* a comment with ( and " */\n'
        "export class Client extends Base {\n"
        "  // it's {\n"
        "  name: string = 'a \\' (';\n"
        "}\n"
        "export type Given = Options;\n"
    ),
    "servers.ts": 'export const LOCAL = "ws://localhost";\n',
    "runtime/index.ts": 'export { Base } from "./base.js";\nexport * from "./options.js";\n',
    "runtime/base.ts": "export abstract class Base {}\n",
    "runtime/options.ts": "export interface Options {}\n",
    "README.md": "no TypeScript (",
}


def verified(files: dict[str, str]) -> list[Problem]:
    problems = Problems()
    verify({PurePosixPath(name): text for name, text in files.items()}, problems)
    return list(problems)


def test_a_package_that_works() -> None:
    assert verified(WORKING) == []


@pytest.mark.parametrize("extension", ["", ".ts"])
def test_imports_may_have_another_extension(extension: str) -> None:
    assert verified({name: text.replace('.js"', f'{extension}"') for name, text in WORKING.items()}) == []


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("export const A = (1;\n", "( is never closed"),
        ("export const A = 1);\n", ") closes nothing"),
        ("export const A = [1};\n", "} closes nothing"),
        ("export const A = `${1}`;\n", "` is never closed"),
        ('export const A = "one\ntwo";\n', '" is never closed'),
        ("/* never\n", "/* is never closed"),
        ("/** right \u202e left */\n", "the character U+202E stands in it"),
        ("export const A = '\x00';\n", "the character U+0000 stands in it"),
    ],
)
def test_tokens_that_are_not_whole(text: str, error: str) -> None:
    (problem,) = verified({**WORKING, "servers.ts": f"{text}\nexport const LOCAL = 1;\n"})
    assert (problem.code, problem.level, problem.place.file) == ("WSG601", "error", "servers.ts")
    assert (problem.message, problem.place.line) == (f"the output does not compile: {error}", 1)


def test_an_import_of_a_module_that_is_not_there() -> None:
    (problem,) = verified({name: text for name, text in WORKING.items() if name != "servers.ts"})
    assert (problem.code, problem.place.file, problem.place.line) == ("WSG602", "index.ts", 2)
    assert problem.message == 'the output cannot be imported: there is no module "./servers.js"'


def test_an_import_of_a_name_that_is_not_exported() -> None:
    (problem,) = verified({**WORKING, "runtime/options.ts": "interface Options {}\n"})
    assert (problem.code, problem.place.file, problem.place.line) == ("WSG602", "client.ts", 1)
    assert problem.message == "the output cannot be imported: runtime/index.ts exports no Options"
