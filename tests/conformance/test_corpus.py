"""Real documents, where a folder of them is at hand: `WSGEN_CORPUS` names it. None may end in a traceback."""

from __future__ import annotations

import ast
import os
from collections import Counter
from pathlib import Path

import pytest
from wsgen.config import ClientSettings
from wsgen.pipeline import build_client
from wsgen.problems import Problems, Stop

CORPUS = Path(os.environ.get("WSGEN_CORPUS", "no corpus"))
DOCUMENTS = sorted((CORPUS / "ws").glob("*"))


@pytest.mark.skipif(not DOCUMENTS, reason="WSGEN_CORPUS names no folder with documents in `ws`")
def test_every_document_builds_or_says_why_not() -> None:
    verdicts: Counter[str] = Counter()
    for document in DOCUMENTS:
        problems = Problems()
        settings = ClientSettings(input=document.as_posix(), output=Path("client"))
        try:
            files = build_client(settings, problems, check=False).files
        except Stop:
            assert problems.fatal, document.name
            verdicts.update({problem.code for problem in problems if problem.level == "error"})
            verdicts["refused"] += 1
            continue
        for path, text in files.items():
            if path.suffix == ".py":
                ast.parse(text, path.as_posix())
        verdicts["built"] += 1
    print(f"\n{len(DOCUMENTS)} documents: {dict(verdicts.most_common())}")
    assert verdicts["built"] > 0
