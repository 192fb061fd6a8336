"""6xx: writing and verifying output."""

from __future__ import annotations

from .rule import Rule

__all__ = ["RULES"]

REPORT = "This is a fault of wsgen. Please report it with the document; `--no-verify` builds all the same."

RULES: dict[str, Rule] = {
    "WSG601": Rule(
        "The output does not compile",
        "Everything that is emitted is compiled before it is written.",
        REPORT,
    ),
    "WSG602": Rule(
        "The output cannot be imported",
        "Everything that is emitted is imported, in an interpreter of its own, before it is written.",
        REPORT,
    ),
    "WSG603": Rule(
        "A decoder of the output cannot be built",
        "Some models only fail when their decoder is built, so every decoder is built before anything is written.",
        REPORT,
    ),
    "WSG604": Rule(
        "The output could not be verified in time",
        "Importing the output took longer than two minutes.",
        "Build with `--no-verify`, or leave out what you do not need with `include` and `exclude`.",
    ),
    "WSG605": Rule(
        "A file would be written outside of the output folder",
        "Nothing is ever written outside of the output folder, also not behind a symbolic link in it.",
        "Remove the link. Where there is none this is a fault of wsgen; please report it with the document.",
    ),
    "WSG606": Rule(
        "A generated file was edited",
        "The file differs from what the last build wrote, so somebody's work would be lost. Nothing was written.",
        "Keep the change outside of the generated folder, then build with `--force`.",
    ),
    "WSG607": Rule(
        "A file that is not ours is in the way",
        "A file with the name of a generated one exists, and the manifest `.wsgen.json` does not list it; or a link "
        "or a folder has that name. Nothing was written.",
        "Choose another output folder, move the file, or build with `--force`.",
    ),
    "WSG608": Rule(
        "The output cannot be written",
        "The file system refused. Where it is full or read-only, the output is as it was; whatever happened, the next "
        "build puts the folder right.",
        "Mend what the message names, and build again.",
    ),
    "WSG609": Rule(
        "The output is not verified",
        "The libraries that the output needs are not installed where wsgen runs, so it was not imported.",
        "Nothing, if that is meant; else install the library beside wsgen.",
    ),
    "WSG610": Rule(
        "The output is not what would be generated",
        "`wsgen build --check` compares what stands in the output folders with what a build would write, and "
        "writes nothing. Files are changed (the document, the configuration or wsgen changed since), edited (by "
        "somebody), missing, obsolete (no longer generated), in the way (not ours, with the name of a generated one) "
        "or extra (with our header, and neither generated nor listed in the manifest).",
        "Run the command that is printed, and commit what it writes.",
    ),
    "WSG611": Rule(
        "A file looks generated, and nothing generates it",
        "It begins as generated files do, but the manifest `.wsgen.json` does not list it, so it is left alone.",
        "Remove the file, or the first lines of it if it is yours now.",
    ),
    "WSG612": Rule(
        "The output folder holds files that are not ours",
        "They are never touched. `wsgen build --check` names them, because they may have been put there by mistake.",
        "Nothing, if they are meant to be there.",
    ),
    "WSG613": Rule(
        "The output was written by another version of wsgen",
        "This version would write the same, so the output is not stale. The next build notes the version.",
        "Nothing. `wsgen build` renews the manifest.",
    ),
}
