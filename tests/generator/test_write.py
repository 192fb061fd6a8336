from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest
from wsgen.problems import Problem, Problems, Stop
from wsgen.write import MANIFEST, UNFINISHED, Comparison, Current, Origin, Written, commit, compare, current, refuse

ORIGIN = Origin("sha256:0", "0.1.0")


def texts(**files: str) -> dict[PurePosixPath, str]:
    return {PurePosixPath(name.replace("__", "/") + ".py"): text for name, text in files.items()}


def write(
    files: dict[PurePosixPath, str], output: Path, origin: Origin, problems: Problems, *, force: bool = False
) -> Written:
    """What a build does with its texts."""
    comparison = compare(files, output, origin, problems)
    refuse(comparison, problems, force=force)
    if problems.fatal:
        raise Stop
    return commit(comparison, problems)


def built(output: Path, *, force: bool = False, origin: Origin = ORIGIN, **files: str) -> Written:
    problems = Problems()
    written = write(texts(**files), output, origin, problems, force=force)
    assert len(problems) == 0
    return written


def compared(output: Path, *, origin: Origin = ORIGIN, **files: str) -> Comparison:
    problems = Problems()
    found = compare(texts(**files), output, origin, problems)
    assert len(problems) == 0
    return found


def kinds(comparison: Comparison) -> dict[str, str]:
    return {str(each.path): each.kind for each in comparison.differences}


def refused(output: Path, files: dict[PurePosixPath, str], *, force: bool = False) -> list[Problem]:
    problems = Problems()
    with pytest.raises(Stop):
        write(files, output, ORIGIN, problems, force=force)
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


def test_the_manifest_says_what_the_files_were_made_of(tmp_path: Path) -> None:
    origin = Origin("sha256:0", "0.1.0", "Quotes", {"b.yaml": "sha256:2", "a.json": "sha256:1"}, 3)
    built(tmp_path, origin=origin, b="2\n", a="1\n")
    manifest = json.loads((tmp_path / ".wsgen.json").read_text())
    assert list(manifest) == ["wsgen", "title", "settings", "documents", "warnings", "files"]
    assert list(manifest["documents"].items()) == [("a.json", "sha256:1"), ("b.yaml", "sha256:2")]
    assert list(manifest["files"]) == ["a.py", "b.py"]
    assert (manifest["wsgen"], manifest["title"], manifest["warnings"]) == ("0.1.0", "Quotes", 3)


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


@pytest.mark.parametrize(
    "path", ["../evil.py", "/evil.py", "a/../../evil.py", "c:\\evil.py", ".wsgen.json", ".wsgen-unfinished/x.py"]
)
def test_nothing_is_written_outside(tmp_path: Path, path: str) -> None:
    problems = refused(tmp_path / "out", {PurePosixPath(path): "evil"})
    assert [problem.code for problem in problems] == ["WSG605"]
    assert list(tree(tmp_path)) == []


def test_nothing_is_written_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "out").mkdir()
    os.symlink(tmp_path / "other", tmp_path / "out" / "deep")
    assert [problem.code for problem in refused(tmp_path / "out", texts(deep__b="evil"), force=True)] == ["WSG605"]
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
    assert renamed == ["intent.json", "a.py", "b.py", MANIFEST.name]


HEADER = "# Generated by wsgen from Quotes. Do not edit.\n"


class TestCompare:
    def test_what_a_build_has_written_is_up_to_date(self, tmp_path: Path) -> None:
        built(tmp_path, a="1\n", b="2\n")
        found = compared(tmp_path, a="1\n", b="2\n")
        assert found.up_to_date
        assert (found.differences, found.unchanged, found.foreign) == ((), 2, ())

    def test_each_kind_of_difference(self, tmp_path: Path) -> None:
        built(tmp_path, changed="1\n", missing="1\n", edited="1\n", obsolete="1\n", gone="1\n", same="1\n")
        (tmp_path / "missing.py").unlink()
        (tmp_path / "gone.py").unlink()
        (tmp_path / "edited.py").write_text("mine")
        (tmp_path / "way.py").write_text("mine")
        (tmp_path / "extra.py").write_text(HEADER + "x = 1\n")
        (tmp_path / "notes.txt").write_text("mine")
        found = compared(tmp_path, changed="2\n", missing="1\n", edited="1\n", way="2\n", same="1\n")
        assert kinds(found) == {
            ".wsgen.json": "changed",
            "changed.py": "changed",
            "edited.py": "edited",
            "extra.py": "extra",
            "missing.py": "missing",
            "obsolete.py": "obsolete",
            "way.py": "in the way",
        }
        assert (found.unchanged, [str(path) for path in found.foreign]) == (1, ["notes.txt"])

    def test_nothing_is_changed(self, tmp_path: Path) -> None:
        built(tmp_path / "out", a="1\n")
        (tmp_path / "out" / "a.py").write_text("mine")
        before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
        compared(tmp_path / "out", b="1\n")
        compared(tmp_path / "new", b="1\n")
        assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before

    def test_a_document_that_changes_nothing_but_its_hash_is_a_difference(self, tmp_path: Path) -> None:
        built(tmp_path, origin=Origin("sha256:0", "0.1.0", "", {"a.json": "sha256:1"}), a="1\n")
        found = compared(tmp_path, origin=Origin("sha256:0", "0.1.0", "", {"a.json": "sha256:2"}), a="1\n")
        assert kinds(found) == {".wsgen.json": "changed"}

    def test_another_version_with_the_same_output_is_none(self, tmp_path: Path) -> None:
        built(tmp_path, a="1\n")
        later = Origin("sha256:0", "0.2.0", warnings=1)
        found = compared(tmp_path, origin=later, a="1\n")
        assert (found.up_to_date, found.other_version) == (True, "0.1.0")
        built(tmp_path, origin=later, a="1\n")
        assert json.loads((tmp_path / ".wsgen.json").read_text())["wsgen"] == "0.2.0"

    def test_another_version_with_other_output_is_one(self, tmp_path: Path) -> None:
        built(tmp_path, a="1\n")
        found = compared(tmp_path, origin=Origin("sha256:0", "0.2.0"), a="2\n")
        assert kinds(found) == {".wsgen.json": "changed", "a.py": "changed"}

    def test_caches_and_other_clients_are_passed_over(self, tmp_path: Path) -> None:
        built(tmp_path, a="1\n")
        built(tmp_path / "inner", b=HEADER)
        for folder in ("__pycache__", ".mypy_cache", "deep/node_modules"):
            (tmp_path / folder).mkdir(parents=True)
            (tmp_path / folder / "x.py").write_text(HEADER)
        (tmp_path / ".editorconfig").write_text("")
        found = compared(tmp_path, a="1\n")
        assert (found.up_to_date, found.foreign) == (True, ())

    def test_a_file_of_ours_in_a_folder_of_nobody_is_found(self, tmp_path: Path) -> None:
        built(tmp_path, a="1\n")
        (tmp_path / "deep").mkdir()
        (tmp_path / "deep" / "old.py").write_text(HEADER)
        assert kinds(compared(tmp_path, a="1\n")) == {"deep/old.py": "extra"}
        built(tmp_path, a="2\n")
        assert (tmp_path / "deep" / "old.py").exists()
        built(tmp_path, force=True, a="3\n")
        assert (tmp_path / "deep" / "old.py").exists()


class TestForeign:
    """What is not ours stays, also where it has taken the name of what was."""

    def test_a_link_in_the_place_of_a_file(self, tmp_path: Path) -> None:
        out, mine = tmp_path / "out", tmp_path / "mine.py"
        built(out, a="1\n")
        mine.write_text("1\n")
        (out / "a.py").unlink()
        (out / "a.py").symlink_to(mine)
        assert built(out, a="1\n").changed == ()
        assert [problem.code for problem in refused(out, texts(a="2\n"))] == ["WSG607"]
        assert (out / "a.py").is_symlink()
        built(out, force=True, a="2\n")
        assert (mine.read_text(), (out / "a.py").is_symlink()) == ("1\n", False)

    def test_a_link_that_leads_nowhere(self, tmp_path: Path) -> None:
        (tmp_path / "a.py").symlink_to(tmp_path / "nowhere")
        assert [problem.code for problem in refused(tmp_path, texts(a="1\n"))] == ["WSG607"]
        built(tmp_path, force=True, a="1\n")
        assert not (tmp_path / "nowhere").exists()

    @pytest.mark.parametrize("now", ["a link", "a folder"])
    def test_what_took_the_place_of_an_obsolete_file_stays(self, tmp_path: Path, now: str) -> None:
        out = tmp_path / "out"
        built(out, a="1\n", b="1\n")
        (out / "b.py").unlink()
        if now == "a link":
            (tmp_path / "mine.py").write_text("1\n")
            (out / "b.py").symlink_to(tmp_path / "mine.py")
        else:
            (out / "b.py").mkdir()
        found = compared(out, a="1\n")
        assert kinds(found) == {".wsgen.json": "changed"}
        built(out, force=True, a="1\n")
        assert os.path.lexists(out / "b.py")

    def test_a_folder_in_the_place_of_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "a.py").mkdir()
        (tmp_path / "a.py" / "mine").write_text("mine")
        for force in (False, True):
            (problem,) = refused(tmp_path, texts(a="1\n", b="1\n"), force=force)
            assert (problem.code, "a folder is in the way" in problem.message) == ("WSG607", True)
        assert list(tree(tmp_path)) == ["a.py/mine"]

    def test_a_file_in_the_place_of_a_folder(self, tmp_path: Path) -> None:
        (tmp_path / "deep").write_text("mine")
        for force in (False, True):
            (problem,) = refused(tmp_path, texts(deep__a="1\n"), force=force)
            assert (problem.code, "a file, deep, is in the way" in problem.message) == ("WSG607", True)
        assert (tmp_path / "deep").read_text() == "mine"

    def test_an_obsolete_file_makes_room_for_a_folder(self, tmp_path: Path) -> None:
        problems = Problems()
        write({PurePosixPath("deep"): "1\n"}, tmp_path, ORIGIN, problems)
        built(tmp_path, deep__a="1\n")
        assert list(tree(tmp_path)) == [".wsgen.json", "deep/a.py"]

    def test_a_file_that_a_person_deleted_is_written_again(self, tmp_path: Path) -> None:
        built(tmp_path, a="1\n", b="1\n")
        (tmp_path / "a.py").unlink()
        assert [str(path) for path in built(tmp_path, a="1\n", b="1\n").changed] == ["a.py"]

    def test_a_name_that_changes_by_case_alone(self, tmp_path: Path) -> None:
        built(tmp_path, Bars="1\n")
        built(tmp_path, bars="1\n")
        assert list(tree(tmp_path)) == [".wsgen.json", "bars.py"]

    def test_a_foreign_name_that_differs_by_case_alone(self, tmp_path: Path) -> None:
        (tmp_path / "Bars.py").write_text("mine")
        if (tmp_path / "bars.py").exists():  # this file system does not tell them apart
            assert [problem.code for problem in refused(tmp_path, texts(bars="1\n"))] == ["WSG607"]
        else:
            built(tmp_path, bars="1\n")
        assert (tmp_path / "Bars.py").read_text() == "mine"

    def test_an_output_that_is_a_link_is_followed(self, tmp_path: Path) -> None:
        (tmp_path / "real").mkdir()
        (tmp_path / "out").symlink_to(tmp_path / "real")
        built(tmp_path / "out", a="1\n")
        built(tmp_path / "out", b="1\n")
        assert list(tree(tmp_path / "real")) == [".wsgen.json", "b.py"]
        assert (tmp_path / "out").is_symlink()


class TestConflicts:
    def test_a_manifest_with_two_sides_lists_the_files_of_both(self, tmp_path: Path) -> None:
        built(tmp_path / "one", a="1\n", b="1\n", c="0\n")
        built(tmp_path / "two", a="2\n", c="0\n")
        one, two = ((tmp_path / name / ".wsgen.json").read_text().splitlines() for name in ("one", "two"))
        head, tail = one[:6], one[-2:]
        body = ["<<<<<<< HEAD", *one[6:-2], "=======", *two[6:-2], ">>>>>>> other"]
        (tmp_path / "one" / ".wsgen.json").write_text("\n".join([*head, *body, *tail]) + "\n")
        (tmp_path / "one" / "a.py").write_text("2\n")
        built(tmp_path / "one", a="3\n", d="1\n")
        assert list(tree(tmp_path / "one")) == [".wsgen.json", "a.py", "d.py"]

    def test_a_file_with_two_sides_is_told_as_such(self, tmp_path: Path) -> None:
        built(tmp_path, a="1\n")
        (tmp_path / "a.py").write_text("x\n<<<<<<< HEAD\n1\n=======\n2\n>>>>>>> other\n")
        (problem,) = refused(tmp_path, texts(a="3\n"))
        assert "conflict of two branches" in problem.message


class TestCurrent:
    """An answer from the manifest alone."""

    @pytest.fixture
    def spec(self, tmp_path: Path) -> Path:
        (tmp_path / "a.json").write_text("{}\n")
        return tmp_path / "a.json"

    def origin(self, spec: Path) -> Origin:
        from wsgen.document import digest

        return Origin("sha256:0", "0.1.0", "A", {"a.json": digest(spec.read_bytes())})

    def ask(self, spec: Path, settings: str = "sha256:0", version: str = "0.1.0") -> Current | None:
        return current(spec.parent / "out", spec.as_posix(), settings, version)

    def test_nothing_has_changed(self, spec: Path) -> None:
        assert self.ask(spec) is None
        built(spec.parent / "out", origin=self.origin(spec), a="1\n")
        (spec.parent / "out" / "notes.txt").write_text("mine")
        found = self.ask(spec)
        assert found is not None
        assert found.foreign == (PurePosixPath("notes.txt"),)

    def test_a_checkout_that_turns_ends_of_lines_changes_nothing(self, spec: Path) -> None:
        built(spec.parent / "out", origin=self.origin(spec), a="1\n")
        spec.write_bytes(b"\xef\xbb\xbf{}\r\n")
        (spec.parent / "out" / "a.py").write_bytes(b"1\r\n")
        assert self.ask(spec) is not None

    @pytest.mark.parametrize(
        "change",
        ["document", "no document", "settings", "version", "edited", "missing", "extra", "unfinished", "manifest"],
    )
    def test_something_has_changed(self, spec: Path, change: str) -> None:
        out = spec.parent / "out"
        built(out, origin=self.origin(spec), a="1\n")
        match change:
            case "document":
                spec.write_text("{} ")
            case "no document":
                spec.unlink()
            case "edited":
                (out / "a.py").write_text("mine")
            case "missing":
                (out / "a.py").unlink()
            case "extra":
                (out / "old.py").write_text(HEADER)
            case "unfinished":
                (out / UNFINISHED).mkdir()
            case "manifest":
                (out / MANIFEST).write_text("{")
        settings = "sha256:1" if change == "settings" else "sha256:0"
        assert self.ask(spec, settings, "0.2.0" if change == "version" else "0.1.0") is None

    def test_without_a_file_for_the_document_nothing_is_sure(self, spec: Path) -> None:
        built(spec.parent / "out", a="1\n")
        assert current(spec.parent / "out", "-", "sha256:0", "0.1.0") is None
