"""Virtual environments for tests that must not see what is installed here."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

__all__ = ["environment", "made_once"]

CACHE = Path(__file__).parents[1] / ".cache" / "environments"


def environment(requirements: Sequence[str]) -> Path:
    """The interpreter of a virtual environment that has these packages; made at the first call.

    Environments are kept in `.cache/environments`, named by version of Python and list of requirements.

    Raises:
        RuntimeError: the packages could not be installed; pip's words are in the message.
    """
    key = hashlib.sha256("\n".join([sys.version, *requirements]).encode()).hexdigest()[:16]
    return _interpreter(made_once(key, lambda folder: _install(folder, requirements)))


def made_once(key: str, make: Callable[[Path], None]) -> Path:
    """The folder `key` in the cache. `make` fills it at the first call, under another name, as it may be killed."""
    ready = CACHE / key
    if not ready.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=f"{key}-", dir=CACHE))
        try:
            make(making)
            making.rename(ready)
        except OSError:
            if not ready.exists():  # another run may have been faster
                raise
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return ready


def _install(folder: Path, requirements: Sequence[str]) -> None:
    venv.EnvBuilder(with_pip=True, clear=True).create(folder)
    pip = [str(_interpreter(folder)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    result = subprocess.run([*pip, *requirements], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if result.returncode != 0:
        raise RuntimeError(f"could not install {', '.join(requirements)}:\n{result.stdout}{result.stderr}")


def _interpreter(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
