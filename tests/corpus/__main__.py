"""`python -m tests.corpus [--one-in N | --frames]`: the table of the corpus that `WSGEN_CORPUS` names.

The exit code is 1 where a bar is not met.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from .documents import corpus
from .rows import examine, play


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.corpus", description=__doc__)
    parser.add_argument("--one-in", type=int, default=1, help="how many documents go through the slow checks")
    parser.add_argument("--frames", action="store_true", help="only builds and frames, and every fault of a frame")
    parser.add_argument("--models", choices=["pydantic", "msgspec"], default="pydantic", help="what models are made of")
    arguments = parser.parse_args()
    found = corpus()
    if found is None:
        print("WSGEN_CORPUS names no folder with documents in `ws`", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="wsgen-corpus-") as folder:
        if arguments.frames:
            report = play(found, Path(folder), models=arguments.models)
        else:
            report = examine(found, Path(folder), one_in=arguments.one_in, models=arguments.models)
    print(report)
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
