"""Node, and the tools for TypeScript in the versions of `package-lock.json`."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.environments import made_once

__all__ = ["COMPILERS", "RUNTIME", "NodeTools", "Unavailable", "install", "installed"]

HERE = Path(__file__).parent
LISTS = ("package.json", "package-lock.json")
RUNTIME = HERE.parents[1] / "runtime" / "wsgen_runtime" / "typescript"

COMPILER_OPTIONS: dict[str, object] = {
    "target": "ES2022",
    "lib": ["ES2022", "DOM", "DOM.Iterable", "ESNext.Disposable"],
    "module": "ESNext",
    "moduleResolution": "Bundler",
    "allowImportingTsExtensions": True,
    "noEmit": True,
    "strict": True,
    "noUncheckedIndexedAccess": True,
    "exactOptionalPropertyTypes": True,
    "verbatimModuleSyntax": True,
    "erasableSyntaxOnly": True,
    "isolatedModules": True,
    "noImplicitOverride": True,
    "noImplicitReturns": True,
    "noFallthroughCasesInSwitch": True,
    "noUnusedLocals": True,
    "noUnusedParameters": True,
    "types": [],
}
"""What our TypeScript has to be clean under."""


COMPILERS = ("typescript", "typescript-7")
"""The packages of the compiler: its last version in JavaScript, and the native one."""


class Unavailable(RuntimeError):
    """There is no Node, or no npm, on this machine."""


@dataclass(frozen=True)
class NodeTools:
    """The tools, installed. `modules` is the folder `node_modules` that holds them."""

    modules: Path

    @property
    def nodes(self) -> Mapping[str, str | None]:
        """Node by the version: the one on the path, and 22 where there is a package for this machine."""
        packed = sorted(self.modules.glob("node-*/bin/node"))
        return {"own": "node", "22": str(packed[0]) if packed else None}

    def tsc(
        self, files: Iterable[Path], *, compiler: str = COMPILERS[0], types: Iterable[str] = (), **options: object
    ) -> str:
        """What the compiler has to say about these files; empty when it has nothing.

        `compiler` is one of `COMPILERS`; `types` are packages whose global types count, such as `node`; `options`
        go over `COMPILER_OPTIONS`.
        """
        found = [str(self.modules / "@types" / "*"), str(self.modules / "*")]
        given = {
            **COMPILER_OPTIONS,
            "types": list(types),
            "typeRoots": [str(self.modules / "@types")],
            "paths": {"*": found},
            **options,
        }
        with tempfile.TemporaryDirectory() as folder:
            project = Path(folder) / "tsconfig.json"
            project.write_text(json.dumps({"compilerOptions": given, "files": [str(file) for file in files]}))
            tsc = str(self.modules / compiler / "bin" / "tsc")
            result = self._run("node", tsc, "--project", str(project), "--pretty", "false")
        return "" if result.returncode == 0 else result.stdout + result.stderr

    def bundle(self, entry: Path, target: Path, *options: str) -> Path:
        """Bundle a module with all that it imports into one ECMAScript module for Node; the bundle.

        Raises:
            RuntimeError: esbuild refuses it; its words are in the message.
        """
        command = [self._tool("esbuild"), str(entry), "--bundle", "--format=esm", "--platform=node", "--target=es2022"]
        result = self._run(*command, "--log-level=warning", f"--outfile={target}", *options)
        if result.returncode != 0:
            raise RuntimeError(result.stderr)
        return target

    def misformatted(self, files: Iterable[Path]) -> str:
        """What prettier would write otherwise, with its defaults; empty when nothing."""
        command = [self._tool("prettier"), "--check", "--no-config", "--no-editorconfig", "--ignore-path", os.devnull]
        result = self._run(*command, *map(str, files))
        return "" if result.returncode == 0 else result.stdout + result.stderr

    def node(self, script: Path, *arguments: str, stdin: str | None = None) -> str:
        """What a script prints.

        Raises:
            RuntimeError: it ended with an error; what it printed is in the message.
        """
        result = self._run("node", str(script), *arguments, stdin=stdin)
        if result.returncode != 0:
            raise RuntimeError(f"{script.name} ended with {result.returncode}:\n{result.stdout}{result.stderr}")
        return result.stdout

    def _tool(self, name: str) -> str:
        return str(self.modules / ".bin" / name)

    def _run(self, *command: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "NODE_PATH": str(self.modules)}
        return subprocess.run(
            command, capture_output=True, text=True, encoding="utf-8", env=environment, timeout=300, input=stdin or ""
        )


def install() -> NodeTools:
    """The tools of `package-lock.json`; installed at the first call.

    Raises:
        Unavailable: there is no Node, or no npm.
        RuntimeError: npm could not install them; its words are in the message.
    """
    return NodeTools(installed(HERE))


def installed(lists: Path) -> Path:
    """The folder `node_modules` with what the `package-lock.json` of a folder lists; installed at the first call.

    They are kept in `.cache/environments`, named by what was asked for.

    Raises:
        Unavailable: there is no Node, or no npm.
        RuntimeError: npm could not install them; its words are in the message.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise Unavailable("no `node` or no `npm` on the path")
    texts = [(lists / name).read_text() for name in LISTS]
    key = hashlib.sha256("\n".join([sys.platform, platform.machine(), *texts]).encode()).hexdigest()[:16]
    ready = made_once(f"typescript-{key}", lambda folder: _install(npm, lists, folder))
    return ready / "node_modules"


def _install(npm: str, lists: Path, folder: Path) -> None:
    for name in LISTS:
        shutil.copy(lists / name, folder)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if result.returncode != 0:
        raise RuntimeError(f"could not install the tools for TypeScript:\n{result.stdout}{result.stderr}")
