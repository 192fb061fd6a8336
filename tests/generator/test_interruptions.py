"""A build that is killed, or meets a disk that is full or read-only: nothing is lost, and the next build repairs it."""

from __future__ import annotations

import ctypes
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .commands import QUOTES, Run, wsgen

# The domain `quotes` goes, and `trades` comes; the client changes.
TRADES = QUOTES.replace("quotes.ask", "trades.ask").replace("quotes.quote", "trades.quote")
BARS = QUOTES.replace("quotes.ask", "bars.ask").replace("quotes.quote", "bars.quote")

KILLED_AT = """
import os, signal, sys
from wsgen.cli import main

folder, last = os.path.abspath(sys.argv[1]), int(sys.argv[2])
steps = 0

def audit(event, arguments):
    global steps
    changes = event in ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir")
    if changes and isinstance(arguments[0], (str, os.PathLike)):
        writes = event != "open" or arguments[1] in ("w", "wb", "xb") or arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if writes and os.path.abspath(arguments[0]).startswith(folder):
            steps += 1
            if steps == last:
                os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(audit)
try:
    main(sys.argv[3:])
finally:
    print("steps", steps)
"""
"""Runs `wsgen`, and kills it before the nth time that it changes something in a folder."""


def killed_at(folder: Path, step: int, output: str = "quotes") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", KILLED_AT, output, str(step), "build", "quotes.yaml", "-o", output, "--no-verify"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def write_document(folder: Path, text: str) -> None:
    (folder / "quotes.yaml").write_text(text, "utf-8")


def build(folder: Path, output: str = "quotes") -> Run:
    return wsgen(folder, "build", "quotes.yaml", "-o", output, "--no-verify")


def check(folder: Path, output: str = "quotes") -> Run:
    return wsgen(folder, "build", "quotes.yaml", "-o", output, "--check")


def tree(output: Path) -> dict[str, bytes]:
    return {
        path.relative_to(output).as_posix(): path.read_bytes() for path in sorted(output.rglob("*")) if path.is_file()
    }


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What a build of `TRADES` writes where nothing happens."""
    folder = tmp_path_factory.mktemp("expected")
    write_document(folder, TRADES)
    assert build(folder).code == 0
    return tree(folder / "quotes")


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> int:
    """How often a build that takes `QUOTES` to `TRADES` changes something on the disk."""
    folder = tmp_path_factory.mktemp("steps")
    before(folder)
    run = killed_at(folder, 0)
    assert run.returncode == 0, run.stderr
    return int(run.stdout.splitlines()[-1].removeprefix("steps "))


def before(folder: Path, output: str = "quotes") -> None:
    """A folder in which a build has work to do: files change, come and go."""
    write_document(folder, QUOTES)
    assert build(folder, output).code == 0
    write_document(folder, TRADES)


def see_truth_and_repair(folder: Path, expected: dict[str, bytes], output: str = "quotes") -> None:
    found = tree(folder / output) if (folder / output).is_dir() else {}
    said = check(folder, output)
    assert said.code == (0 if found == expected and not (folder / output / ".wsgen-unfinished").exists() else 1)
    repaired = build(folder, output)
    assert (repaired.code, repaired.err) == (0, "")
    assert tree(folder / output) == expected
    assert sorted(path.name for path in (folder / output).iterdir() if path.is_dir()) == ["_runtime"]
    assert check(folder, output).code == 0


class TestKilled:
    @pytest.mark.parametrize("seed", range(10))
    def test_at_a_random_point(self, tmp_path: Path, expected: dict[str, bytes], steps: int, seed: int) -> None:
        before(tmp_path)
        point = 1 + (steps * seed + random.Random(seed).randrange(steps)) // 10
        assert killed_at(tmp_path, point).returncode == -signal.SIGKILL
        see_truth_and_repair(tmp_path, expected)

    def test_at_the_last_renames_and_removals(self, tmp_path: Path, expected: dict[str, bytes], steps: int) -> None:
        before(tmp_path)
        for point in range(steps - 5, steps + 1):
            folder = tmp_path / str(point)
            folder.mkdir()
            shutil.copy(tmp_path / "quotes.yaml", folder)
            shutil.copytree(tmp_path / "quotes", folder / "quotes")
            assert killed_at(folder, point).returncode == -signal.SIGKILL
            see_truth_and_repair(folder, expected)

    def test_a_first_build(self, tmp_path: Path, expected: dict[str, bytes], steps: int) -> None:
        write_document(tmp_path, TRADES)
        assert killed_at(tmp_path, steps).returncode == -signal.SIGKILL
        see_truth_and_repair(tmp_path, expected)

    def test_twice_with_another_document_each_time(
        self, tmp_path: Path, expected: dict[str, bytes], steps: int
    ) -> None:
        before(tmp_path)
        write_document(tmp_path, BARS)
        assert killed_at(tmp_path, steps * 6 // 10).returncode == -signal.SIGKILL
        write_document(tmp_path, QUOTES.replace("bid:", "ask:"))
        assert killed_at(tmp_path, 12).returncode == -signal.SIGKILL
        write_document(tmp_path, TRADES)
        see_truth_and_repair(tmp_path, expected)

    def test_an_edit_made_after_the_kill_is_protected(self, tmp_path: Path, steps: int) -> None:
        before(tmp_path)
        assert killed_at(tmp_path, steps * 6 // 10).returncode == -signal.SIGKILL
        (tmp_path / "quotes" / "client.py").write_text("mine\n", "utf-8")
        run = build(tmp_path)
        assert (run.code, "quotes/client.py: error[WSG606]" in run.err) == (1, True)
        assert (tmp_path / "quotes" / "client.py").read_text("utf-8") == "mine\n"


def refuses_to_skip(why: str) -> None:
    """A test that needs root: skipped on somebody's machine, and a failure where everything must be tested."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{why}; it must be possible in CI")
    pytest.skip(why)


def mount(*arguments: str) -> None:
    command = ["mount", *arguments]
    try:
        run = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    except FileNotFoundError:
        refuses_to_skip("there is no `mount`")
        raise
    if run.returncode != 0:
        refuses_to_skip(f"`{' '.join(command)}`: {run.stderr.strip()}")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount("-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def fill(disk: Path, left: int) -> None:
    """Leave so many bytes free."""
    room = os.statvfs(disk)
    (disk / "ballast").write_bytes(b"\0" * max(0, room.f_bavail * room.f_frsize - left))


class TestFullDisk:
    @pytest.mark.parametrize("left", [0, 4096, 12288, 24576])
    def test_the_output_is_as_it_was(self, disk: Path, expected: dict[str, bytes], left: int) -> None:
        before(disk.parent, "disk/quotes")
        was = tree(disk / "quotes")
        fill(disk, left)
        run = build(disk.parent, "disk/quotes")
        assert (run.code, "error[WSG608]: the output cannot be written: No space left on device" in run.err) == (
            4,
            True,
        )
        assert tree(disk / "quotes") == was
        assert check(disk.parent, "disk/quotes").code == 1
        (disk / "ballast").unlink()
        see_truth_and_repair(disk.parent, expected, "disk/quotes")

    def test_a_first_build_leaves_nothing(self, disk: Path, expected: dict[str, bytes]) -> None:
        write_document(disk.parent, TRADES)
        fill(disk, 16384)
        assert build(disk.parent, "disk/quotes").code == 4
        assert [path.name for path in disk.iterdir()] == ["ballast"]
        (disk / "ballast").unlink()
        see_truth_and_repair(disk.parent, expected, "disk/quotes")

    def test_after_a_kill(self, disk: Path, expected: dict[str, bytes], steps: int) -> None:
        before(disk.parent, "disk/quotes")
        assert killed_at(disk.parent, steps * 6 // 10, "disk/quotes").returncode == -signal.SIGKILL
        write_document(disk.parent, BARS)
        fill(disk, 0)
        assert build(disk.parent, "disk/quotes").code == 4
        write_document(disk.parent, TRADES)
        (disk / "ballast").unlink()
        see_truth_and_repair(disk.parent, expected, "disk/quotes")

    def test_a_file_that_may_not_grow(self, tmp_path: Path, expected: dict[str, bytes]) -> None:
        before(tmp_path)
        was = tree(tmp_path / "quotes")
        run = limited(tmp_path, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048)))
        assert (run.returncode, "error[WSG608]" in run.stderr) == (4, True)
        assert tree(tmp_path / "quotes") == was
        see_truth_and_repair(tmp_path, expected)


class TestReadOnlyDisk:
    def test_a_mount(self, disk: Path, expected: dict[str, bytes]) -> None:
        before(disk.parent, "disk/quotes")
        was = tree(disk / "quotes")
        mount("-o", "remount,ro", str(disk))
        run = build(disk.parent, "disk/quotes")
        assert (run.code, "cannot be written: Read-only file system" in run.err) == (4, True)
        assert check(disk.parent, "disk/quotes").code == 1
        assert tree(disk / "quotes") == was
        mount("-o", "remount,rw", str(disk))
        see_truth_and_repair(disk.parent, expected, "disk/quotes")
        mount("-o", "remount,ro", str(disk))
        assert build(disk.parent, "disk/quotes").code == 0
        assert check(disk.parent, "disk/quotes").code == 0
        mount("-o", "remount,rw", str(disk))

    def test_a_folder_of_somebody_else(self, tmp_path: Path, expected: dict[str, bytes]) -> None:
        before(tmp_path)
        was = tree(tmp_path / "quotes")
        (tmp_path / "quotes").chmod(0o555)
        run = limited(tmp_path, obey_permissions)
        (tmp_path / "quotes").chmod(0o755)
        assert (run.returncode, "error[WSG608]" in run.stderr) == (4, True), run.stderr
        assert tree(tmp_path / "quotes") == was
        see_truth_and_repair(tmp_path, expected)


PR_CAPBSET_DROP, CAP_DAC_OVERRIDE = 24, 1


def obey_permissions() -> None:
    """Root may write where nobody may; what is started next may not."""
    if os.geteuid() == 0 and ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0) != 0:
        raise OSError("the capability cannot be dropped")


def limited(folder: Path, limit: Callable[[], None]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "wsgen.cli", "build", "quotes.yaml", "-o", "quotes", "--no-verify"]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, preexec_fn=limit
    )
