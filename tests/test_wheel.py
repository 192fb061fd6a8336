"""What the wheel carries."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_wheel_carries_the_runtimes_of_both_languages_and_the_templates(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)]
    built = subprocess.run(command, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())

    rooms = ("generator/wsgen", "runtime/wsgen_runtime", "templates/wsgen_templates")
    wanted = {
        path.relative_to(ROOT / Path(room).parent).as_posix()
        for room in rooms
        for path in (ROOT / room).rglob("*")
        if path.suffix in (".py", ".ts", ".jinja", ".typed")
    }
    assert {"wsgen_runtime/typescript/index.ts", "wsgen_runtime/session/session.py"} <= wanted
    assert wanted <= names
