"""A new user's repository: build, commit, a changed document, a check that fails, a build, a check that does not."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.environments import environment
from tests.generator.commands import QUOTES

ROOT = Path(__file__).parents[2]
RECIPES = (ROOT / "docs" / "ci.md").read_text("utf-8")
CLIENT = "src/shop/clients/quotes"


class Repository:
    """A git repository, in which commands run as a person types them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        nobody = folder.parent / "nobody"
        nobody.mkdir(exist_ok=True)
        self.environment = {
            **os.environ,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "HOME": str(nobody),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Ann",
            "GIT_AUTHOR_EMAIL": "ann@example.com",
            "GIT_COMMITTER_NAME": "Ann",
            "GIT_COMMITTER_EMAIL": "ann@example.com",
        }

    def run(self, command: str, *, code: int = 0, **environment: str) -> str:
        """Run a command, see how it ends, and return all that it printed."""
        run = subprocess.run(
            command,
            shell=True,
            cwd=self.folder,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        assert run.returncode == code, f"{command}\n{run.stdout}"
        return run.stdout

    def write(self, path: str, text: str) -> None:
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text, "utf-8")

    def commit(self, words: str) -> None:
        self.run(f"git add -A && git commit -qm '{words}'")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A repository with a document, a configuration and the client, committed."""
    (tmp_path / "shop").mkdir()
    shop = Repository(tmp_path / "shop")
    shop.run("git init -q -b main")
    shop.write("specs/quotes.asyncapi.yaml", QUOTES)
    shop.write(
        "pyproject.toml",
        f'[[tool.wsgen.client]]\ninput = "specs/quotes.asyncapi.yaml"\noutput = "{CLIENT}"\n',
    )
    shop.run("wsgen build")
    shop.commit("Generate the client")
    return shop


def change_document(shop: Repository) -> None:
    shop.write("specs/quotes.asyncapi.yaml", QUOTES.replace("bid: {type: number}", "ask: {type: number}"))


def test_the_way_of_a_change(repository: Repository) -> None:
    assert "(up to date)" in repository.run("wsgen build --check")
    change_document(repository)

    said = repository.run("wsgen build --check", code=1)
    assert f"--- a/{CLIENT}/models.py\n+++ b/{CLIENT}/models.py" in said
    assert "-    bid: float | None = None\n+    ask: float | None = None" in said
    assert "help: run `wsgen build`\n" in said
    assert repository.run("git status --porcelain") == " M specs/quotes.asyncapi.yaml\n"

    repository.run("wsgen build")
    assert "(up to date)" in repository.run("wsgen build --check")
    repository.commit("Follow the document")
    assert repository.run("wsgen build && git status --porcelain").splitlines()[1:] == []
    repository.run(f"{sys.executable} -c 'import clients.quotes'", PYTHONPATH="src/shop")


def test_a_checkout_elsewhere_is_up_to_date(repository: Repository, tmp_path: Path) -> None:
    there = tmp_path / "a longer path" / "somewhere else"
    repository.run(f"git clone -q . '{there}'")
    clone = Repository(there)
    assert "(up to date)" in clone.run("wsgen build --check")
    manifest = (there / CLIENT / ".wsgen.json").read_bytes()
    shutil.rmtree(there / CLIENT)
    clone.run("wsgen build")
    assert (there / CLIENT / ".wsgen.json").read_bytes() == manifest
    assert str(tmp_path).encode() not in manifest
    assert clone.run("git status --porcelain") == ""


def test_a_checkout_with_other_ends_of_lines_is_up_to_date(repository: Repository, tmp_path: Path) -> None:
    there = tmp_path / "windows"
    repository.run(f"git clone -q -c core.autocrlf=true . '{there}'")
    assert b"\r\n" in (there / CLIENT / "client.py").read_bytes()
    assert "(up to date)" in Repository(there).run("wsgen build --check")


def test_a_merge_of_two_branches_that_generated(repository: Repository) -> None:
    repository.write(".gitattributes", f"{CLIENT}/** linguist-generated=true -merge\n")
    repository.commit("Mark what is generated")
    repository.run("git switch -qc other")
    repository.write("specs/quotes.asyncapi.yaml", QUOTES.replace("version: '1'", "version: '2'"))
    repository.run("wsgen build")
    repository.commit("Another version")
    repository.run("git switch -q main")
    change_document(repository)
    repository.run("wsgen build")
    repository.commit("Another field")

    repository.run("git merge -q other", code=1)
    repository.run("wsgen build --check", code=1)
    repository.run("wsgen build")
    repository.commit("Merge")
    assert "(up to date)" in repository.run("wsgen build --check")
    assert "ask: float" in (repository.folder / CLIENT / "models.py").read_text("utf-8")


def recipes() -> dict[str, Any]:
    """The YAML files of `docs/ci.md`, by the name in their first line."""
    found = re.findall(r"^```yaml\n# (\S+)\n(.*?)^```$", RECIPES, re.MULTILINE | re.DOTALL)
    return {name: yaml.safe_load(text) for name, text in found}


def commands() -> Iterator[str]:
    """What the recipes run, in order, but for the installation."""
    for step in recipes()[".github/workflows/clients.yml"]["jobs"]["check"]["steps"]:
        if "run" in step:
            yield step["run"]
    yield from recipes()[".gitlab-ci.yml"]["clients"]["script"]


def test_every_recipe_is_there_and_installs_before_it_checks() -> None:
    assert list(recipes()) == [".github/workflows/clients.yml", ".gitlab-ci.yml", ".pre-commit-config.yaml"]
    assert list(commands()) == ["python -m pip install wsgen", "wsgen build --check"] * 2


def test_the_commands_of_the_recipes(repository: Repository) -> None:
    checks = [command for command in commands() if "pip install" not in command]
    for command in (*checks, *re.findall(r"^```sh\n(.*?)\n```$", RECIPES, re.MULTILINE)):
        assert "(up to date)" in repository.run(command, CI="true")
        change_document(repository)
        assert "error[WSG610]" in repository.run(command, code=1, CI="true")
        repository.run("git checkout -q .")
    (named,) = re.findall(r"^`(wsgen build \S+ -o .*)`\.$", RECIPES, re.MULTILINE)
    repository.write("specs/trading.asyncapi.json", (ROOT / "specs" / "trading.asyncapi.json").read_text("utf-8"))
    repository.run(named, code=1)
    repository.run(named.removesuffix(" --check"))
    repository.run(named)


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This project as a repository of hooks with a commit of what is on disk, as a release would have it."""
    folder = tmp_path_factory.mktemp("hooks") / "wsgen"
    folder.mkdir()
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    parts = (".pre-commit-hooks.yaml", "LICENSE", "README.md", "generator", "pyproject.toml", "runtime", "templates")
    for name in tracked.split("\0"):
        if name and Path(name).parts[0] in parts and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    release = Repository(folder)
    release.run("git init -q && git add -A && git commit -qm 'A release' && git tag v1")
    return folder


def test_the_hooks_of_pre_commit(repository: Repository, hooks: Path) -> None:
    pre_commit = f"{environment(['pre-commit>=4.2,<5'])} -m pre_commit"
    (recipe,) = [recipes()[".pre-commit-config.yaml"]]
    recipe["repos"][0] |= {"repo": str(hooks), "rev": "v1"}
    repository.environment["PRE_COMMIT_HOME"] = str(hooks.parent / "cache")
    for hook in ("wsgen-check", "wsgen-build"):
        recipe["repos"][0]["hooks"] = [{"id": hook}]
        repository.write(".pre-commit-config.yaml", yaml.safe_dump(recipe))
        repository.run("git add -A")
        assert "Passed" in repository.run(f"{pre_commit} run --all-files")
        change_document(repository)
        repository.run("git add -A")
        said = repository.run(f"{pre_commit} run --all-files", code=1)
        if hook == "wsgen-check":
            assert "+    ask: float | None = None" in said
            repository.run("git reset -q --hard")
        else:
            assert "files were modified by this hook" in said
            repository.run("git add -A")
            assert "Passed" in repository.run(f"{pre_commit} run --all-files")
