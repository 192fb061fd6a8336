from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest
from wsgen import write as write_room
from wsgen.problems import Problem, Problems, Stop
from wsgen.write import Origin, Written, write

ORIGIN = Origin((), "sha256:0", "0.1.0")


def texts(**files: str) -> dict[PurePosixPath, str]:
    return {PurePosixPath(name.replace("__", "/") + ".py"): text for name, text in files.items()}


def built(output: Path, *, force: bool = False, origin: Origin = ORIGIN, **files: str) -> Written:
    problems = Problems()
    written = write(texts(**files), output, origin, problems, force=force)
    assert len(problems) == 0
    return written


def refused(output: Path, files: dict[PurePosixPath, str]) -> list[Problem]:
    problems = Problems()
    with pytest.raises(Stop):
        write(files, output, ORIGIN, problems)
    return list(problems)


def tree(output: Path) -> Iterator[str]:
    return (path.relative_to(output).as_posix() for path in sorted(output.rglob("*")) if path.is_file())


def test_a_first_build_writes_everything(tmp_path: Path) -> None:
    written = built(tmp_path / "new" / "out", a="1\n", deep__b="2\n")
    assert [str(path) for path in written.changed] == ["a.py", "deep/b.py"]
    assert list(tree(tmp_path / "new" / "out")) == [".wsgen.json", "a.py", "deep/b.py"]
    assert (tmp_path / "new" / "out" / "deep" / "b.py").read_bytes() == b"2\n"


def test_a_second_build_touches_nothing(tmp_path: Path) -> None:
    built(tmp_path, a="1\n", b="2\n")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    written = built(tmp_path, a="1\n", b="2\n")
    assert (written.changed, written.removed, written.unchanged) == ((), (), 2)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    built(tmp_path, a="1\n", b="2\n")
    inode = (tmp_path / "a.py").stat().st_ino
    written = built(tmp_path, a="1\n", b="3\n")
    assert [str(path) for path in written.changed] == ["b.py"]
    assert (tmp_path / "a.py").stat().st_ino == inode


def test_the_manifest_is_the_same_everywhere(tmp_path: Path) -> None:
    manifests: list[str] = []
    for name in ("one", "two"):
        spec = tmp_path / name / "specs" / "a.json"
        spec.parent.mkdir(parents=True)
        spec.write_text("{}")
        built(tmp_path / name / "out", origin=Origin((spec,), "sha256:0", "0.1.0"), a="1\n")
        manifests.append((tmp_path / name / "out" / ".wsgen.json").read_text())
    assert manifests[0] == manifests[1]
    manifest = json.loads(manifests[0])
    assert list(manifest["documents"]) == ["../specs/a.json"]
    assert list(manifest["files"]) == ["a.py"]
    assert manifest["wsgen"] == "0.1.0"


def test_what_is_no_longer_generated_is_removed_with_its_folder(tmp_path: Path) -> None:
    built(tmp_path, a="1\n", deep__er__b="2\n")
    written = built(tmp_path, a="1\n")
    assert [str(path) for path in written.removed] == ["deep/er/b.py"]
    assert list(tree(tmp_path)) == [".wsgen.json", "a.py"]
    assert not (tmp_path / "deep").exists()


def test_foreign_files_are_never_touched(tmp_path: Path) -> None:
    built(tmp_path, a="1\n", deep__b="2\n")
    (tmp_path / "deep" / "mine.py").write_text("mine")
    built(tmp_path, a="2\n")
    assert list(tree(tmp_path)) == [".wsgen.json", "a.py", "deep/mine.py"]


def test_an_edited_file_is_not_overwritten(tmp_path: Path) -> None:
    built(tmp_path, a="1\n", b="1\n")
    (tmp_path / "a.py").write_text("edited")
    (problem,) = refused(tmp_path, texts(a="2\n", b="2\n"))
    assert problem.code == "WSG606"
    assert problem.place.file.endswith("a.py")
    assert ((tmp_path / "a.py").read_text(), (tmp_path / "b.py").read_text()) == ("edited", "1\n")


def test_an_edited_file_is_not_removed(tmp_path: Path) -> None:
    built(tmp_path, a="1\n", b="1\n")
    (tmp_path / "b.py").write_text("edited")
    assert [problem.code for problem in refused(tmp_path, texts(a="1\n"))] == ["WSG606"]
    assert (tmp_path / "b.py").exists()


def test_force_overwrites_and_removes(tmp_path: Path) -> None:
    built(tmp_path, a="1\n", b="1\n")
    (tmp_path / "a.py").write_text("edited")
    (tmp_path / "b.py").write_text("edited")
    built(tmp_path, force=True, a="2\n")
    assert (tmp_path / "a.py").read_text() == "2\n"
    assert not (tmp_path / "b.py").exists()


def test_a_foreign_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("mine")
    assert [problem.code for problem in refused(tmp_path, texts(a="1\n"))] == ["WSG607"]
    assert (tmp_path / "a.py").read_text() == "mine"


def test_ends_of_lines_that_a_checkout_turned_are_no_edit(tmp_path: Path) -> None:
    built(tmp_path, a="1\n2\n")
    (tmp_path / "a.py").write_bytes(b"1\r\n2\r\n")
    assert built(tmp_path, a="1\n2\n").changed == ()
    built(tmp_path, a="3\n")
    assert (tmp_path / "a.py").read_bytes() == b"3\n"


def test_a_killed_build_is_repaired_without_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built(tmp_path, a="1\n", b="1\n")
    rename = Path.replace

    def killed(self: Path, target: Path) -> Path:
        if target.name == "c.py":
            raise KeyboardInterrupt
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            write(texts(a="2\n", b="2\n", c="2\n"), tmp_path, ORIGIN, Problems())
    assert (tmp_path / "a.py").read_text() == "2\n"
    built(tmp_path, b="3\n", d="3\n")
    assert list(tree(tmp_path)) == [".wsgen.json", "b.py", "d.py"]


@pytest.mark.parametrize("path", ["../evil.py", "/evil.py", "a/../../evil.py", "c:\\evil.py", ".wsgen.json"])
def test_nothing_is_written_outside(tmp_path: Path, path: str) -> None:
    problems = refused(tmp_path / "out", {PurePosixPath(path): "evil"})
    assert [problem.code for problem in problems] == ["WSG605"]
    assert list(tree(tmp_path)) == []


def test_nothing_is_written_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "out").mkdir()
    os.symlink(tmp_path / "other", tmp_path / "out" / "deep")
    assert [problem.code for problem in refused(tmp_path / "out", texts(deep__b="evil"))] == ["WSG605"]
    assert list(tree(tmp_path / "other")) == []


def test_a_manifest_cannot_have_other_files_removed(tmp_path: Path) -> None:
    out = tmp_path / "out"
    built(out, a="1\n")
    victim = tmp_path / "victim.py"
    victim.write_text("1\n")
    manifest = json.loads((out / ".wsgen.json").read_text())
    manifest["files"]["../victim.py"] = manifest["files"]["a.py"]
    (out / ".wsgen.json").write_text(json.dumps(manifest))
    built(out, b="1\n")
    assert victim.exists()


@pytest.mark.parametrize("manifest", ["", "[]", "{", '{"files": 3}', '{"files": {"a.py": 3}}', "\0"])
def test_a_broken_manifest_lists_nothing(tmp_path: Path, manifest: str) -> None:
    built(tmp_path, a="1\n")
    (tmp_path / ".wsgen.json").write_text(manifest)
    assert [problem.code for problem in refused(tmp_path, texts(a="2\n"))] == ["WSG607"]
    built(tmp_path, a="1\n")
    assert json.loads((tmp_path / ".wsgen.json").read_text())["files"].keys() == {"a.py"}


def test_a_disk_that_refuses(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    assert [problem.code for problem in refused(tmp_path / "out", texts(a="1\n"))] == ["WSG608"]


def test_the_manifest_is_written_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    renamed: list[str] = []
    rename = Path.replace

    def recorded(self: Path, target: Path) -> Path:
        renamed.append(target.name)
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", recorded)
    built(tmp_path, b="1\n", a="1\n")
    assert renamed == [write_room.JOURNAL.name, "a.py", "b.py", write_room.MANIFEST.name]
