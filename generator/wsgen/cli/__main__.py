"""`python -m wsgen.cli`."""

from __future__ import annotations

from . import main

if __name__ == "__main__":  # not where a process of `multiprocessing` loads this file
    main()
