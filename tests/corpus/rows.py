"""What is shown of the corpus: builds, checks and scores, as rows of one table."""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypedDict

from wsgen.config import ClientSettings
from wsgen.pipeline import understand
from wsgen.problems import Problems

from tests.typescript.frames import told
from tests.typescript.output import write_all
from tests.typescript.talks import talked
from tests.typescript.tools import Unavailable, install

from .builds import Build, Models, build_all
from .checkers import mypy_errors, pyright_errors, shared_runtime
from .documents import Corpus, sampled
from .exchanges import KINDS, Kind, exchanges
from .frames import cases, described

__all__ = ["Report", "Row", "examine", "play"]

PROBES = 2
"""How many interpreters play frames at a time."""

NO_WEBSOCKET = "WSG401"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table. `good` is None where there is no bar."""

    what: str
    value: str
    bar: str = ""
    good: bool | None = None


@dataclass(slots=True)
class Report:
    """All rows, and below them what is worth a look."""

    rows: list[Row] = field(default_factory=list[Row])
    notes: list[str] = field(default_factory=list[str])

    @property
    def failed(self) -> list[Row]:
        return [row for row in self.rows if row.good is False]

    def __str__(self) -> str:
        widths = [max(len(getattr(row, name)) for row in self.rows) for name in ("what", "value", "bar")]
        lines = [
            f"{row.what:<{widths[0]}}  {row.value:<{widths[1]}}  {row.bar:<{widths[2]}}  {_verdict(row)}".rstrip()
            for row in self.rows
        ]
        return "\n".join([*lines, "", *self.notes])


def _verdict(row: Row) -> str:
    return "" if row.good is None else "met" if row.good else "NOT MET"


def examine(corpus: Corpus, folder: Path, *, one_in: int = 1, models: Models = "pydantic") -> Report:
    """Build everything into `folder`; one document in `one_in` goes through the checks that are slow."""
    report = Report()
    builds = build_all(corpus.websocket, folder / "built", models=models)
    _builds(report, corpus, builds)
    built = [build for build in builds if build.outcome == "built"]
    few = set(sampled(tuple(Path(build.document) for build in built), one_in))
    chosen = [build for build in built if Path(build.document) in few]
    _types(report, chosen, folder / "typed")
    _typescript(report, chosen, folder / "typescript")
    _frames(report, built, folder)
    _same_bytes(report, chosen, folder / "again", models)
    _trees(report, corpus, folder / "trees")
    _others(report, corpus, folder / "others")
    _scores(report, corpus)
    times = sorted(build.seconds for build in built)
    slowest = max(built, key=lambda build: build.seconds)
    name = Path(slowest.document).name
    value = f"{statistics.median(times):.2f} s, {times[-1]:.2f} s ({name})"
    report.rows.append(Row("build time (CPU), median and slowest", value, "< 20 s", times[-1] < 20))
    return report


def play(corpus: Corpus, folder: Path, *, models: Models = "pydantic") -> Report:
    """Build all documents and play their frames, nothing else; the notes have every fault."""
    report = Report()
    builds = build_all(corpus.websocket, folder / "built", verify=False, models=models)
    _builds(report, corpus, builds)
    _frames(report, [build for build in builds if build.outcome == "built"], folder, told=10_000)
    return report


def _builds(report: Report, corpus: Corpus, builds: Sequence[Build]) -> None:
    outcomes = Counter(build.outcome for build in builds)
    failed = outcomes["traceback"] + outcomes["hang"]
    total = len(builds)
    report.rows.append(Row("no traceback, no hang", f"{total - failed} of {total}", "all", failed == 0))
    ours = [build for build in builds if any(error.startswith("WSG60") for error in build.errors)]
    enough = outcomes["built"] * 163 >= 138 * total
    report.rows.append(Row("builds", f"{outcomes['built']} of {total}", ">= 138 of 163", enough))
    report.rows.append(Row("refused for a fault of the output", str(len(ours)), "0", not ours))
    for build in builds:
        name = Path(build.document).relative_to(corpus.folder).as_posix()
        if build.outcome == "refused":
            report.notes.append(f"refused: {name}: {build.errors[0] if build.errors else 'without an error'}")
        elif build.outcome != "built":
            report.notes.append(f"{build.outcome}: {name}:\n{build.failure}")


def _types(report: Report, builds: Sequence[Build], folder: Path) -> None:
    packages = shared_runtime([Path(build.package) for build in builds], folder)
    documents = {Path(build.package).name: Path(build.document).name for build in builds}
    for checker, find in (("mypy --strict", mypy_errors), ("pyright strict", pyright_errors)):
        errors = find(packages, folder)
        value = f"{sum(errors.values())} errors in {len(errors)} of {len(packages)}"
        report.rows.append(Row(checker, value, "0", not errors))
        report.notes += [f"{checker}: {documents.get(name, name)}: {count}" for name, count in errors.items()]


def _typescript(report: Report, builds: Sequence[Build], folder: Path) -> None:
    """The same documents as packages of TypeScript; nothing where there is no Node."""
    try:
        tools = install()
    except Unavailable as missing:
        report.notes.append(f"no TypeScript: {missing}")
        return
    written = write_all([Path(build.document) for build in builds], folder)
    packages = {module.parent for module in written.modules}
    value = f"{len(packages)} of {len(builds)}"
    report.rows.append(Row("TypeScript: builds", value, "all", len(packages) == len(builds)))
    errors = tools.tsc(written.modules).splitlines()
    report.rows.append(Row("TypeScript: tsc, all flags", f"{len(errors)} errors", "0", not errors))
    formatted = tools.misformatted(written.modules).splitlines()
    report.rows.append(
        Row("TypeScript: prettier", "formatted" if not formatted else "not formatted", "", not formatted)
    )
    frames = told(tools, written.packages, folder)
    wrong = [each for each in frames if not each.right]
    value = f"{len(frames) - len(wrong)} of {len(frames)}"
    report.rows.append(Row("TypeScript: frames are taken for their messages", value, "all", not wrong))
    report.notes += [f"tsc: {line}" for line in errors[:20]] + [f"prettier: {line}" for line in formatted[:20]]
    report.notes += [f"TypeScript: {each}" for each in wrong[:20]]
    talks = talked(tools, written.packages, folder)
    missed = [each for each in talks if each.wrong]
    value = f"{len(talks) - len(missed)} of {len(talks)}"
    report.rows.append(Row("TypeScript: exchanges reach their callers", value, "all", not missed))
    report.notes += [f"TypeScript: {each}" for each in missed[:20]]


def _frames(report: Report, builds: Sequence[Build], folder: Path, told: int = 5) -> None:
    """Examples and made-up instances, both ways; `told` faults of each document become notes."""
    entries = [_entry(build) for build in builds]
    answers = list(_played(entries, folder))
    documents = {build.package: Path(build.document).name for build in builds}
    broken = [answer for answer in answers if answer["error"]]
    imported = f"{len(answers) - len(broken)} of {len(builds)}"
    report.rows.append(Row("output imports, decoders build", imported, "all", not broken))
    played: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for answer in answers:
        played.update(answer["played"])
        wrong.update(answer["faults"])
        if answer["error"]:
            report.notes.append(f"{documents[answer['package']]}: {answer['error']}")
        report.notes += [f"{documents[answer['package']]}: {sentence}" for sentence in answer["wrong"][:told]]
    for kind, bar in (("example", 0.99), ("instance", 1.0)):
        total = sum(count for name, count in played.items() if name.startswith(kind))
        bad = sum(count for name, count in wrong.items() if name.startswith(kind))
        good = total - bad >= bar * total
        report.rows.append(Row(f"{kind}s, both ways", f"{total - bad} of {total}", f">= {bar:.0%}", good))
    for name in KINDS:
        good = not wrong[name]
        report.rows.append(Row(EXCHANGES[name], f"{played[name] - wrong[name]} of {played[name]}", "all", good))
    outside = [(entry["package"], each) for entry in entries for each in entry["outside"]]
    report.rows.append(Row("exchanges that nobody can make up", str(len(outside))))
    report.notes += [f"{documents[package]}: not played: {sentence}" for package, sentence in outside]


EXCHANGES: Mapping[Kind, str] = {
    "update": "updates reach their subscription, and no other",
    "confirmation": "confirmations settle their subscribe",
    "refusal": "refusals raise",
    "reply": "replies settle their request",
    "asked": "requests of servers reach their handler",
}


class _Answer(TypedDict):
    """What the probe says of a package."""

    package: str
    error: str | None
    played: dict[str, int]
    faults: dict[str, int]
    wrong: list[str]


class _Entry(TypedDict):
    """What the probe is given of a package, and what it is not given, with the reason."""

    package: str
    cases: list[dict[str, object]]
    exchanges: list[dict[str, object]]
    outside: list[str]


def _entry(build: Build) -> _Entry:
    client = understand(ClientSettings(input=build.document), Problems()).client
    messages = described(Path(build.document), client)
    played = exchanges(client, messages)
    return {
        "package": build.package,
        "cases": [asdict(case) for case in cases(messages)],
        "exchanges": [asdict(each) for each in played if not each.outside],
        "outside": [f"{each.kind} {each.key}: {each.outside}" for each in played if each.outside],
    }


def _played(entries: Sequence[_Entry], folder: Path) -> Iterator[_Answer]:
    root = Path(__file__).parents[2]
    running: list[subprocess.Popen[str]] = []
    for number in range(PROBES):
        work = folder / f"frames-{number}.json"
        work.write_text(json.dumps(entries[number::PROBES]), "utf-8")
        command = [sys.executable, "-m", "tests.corpus.probe", str(work)]
        running.append(subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
    for process in running:
        output, errors = process.communicate()
        if process.returncode != 0:
            raise RuntimeError(f"the probe ended with {process.returncode}:\n{errors}")
        yield from (json.loads(line) for line in output.splitlines())


def _same_bytes(report: Report, builds: Sequence[Build], folder: Path, models: Models) -> None:
    again = build_all([Path(build.document) for build in builds], folder, hash_seed=1, verify=False, models=models)
    differing = [one.document for one, other in zip(builds, again, strict=True) if one.digest != other.digest]
    report.rows.append(
        Row("same bytes twice", f"{len(builds) - len(differing)} of {len(builds)}", "all", not differing)
    )
    report.notes += [f"other bytes: {Path(name).name}" for name in differing]


def _trees(report: Report, corpus: Corpus, folder: Path) -> None:
    builds = build_all(corpus.trees, folder)
    built = sum(build.outcome == "built" for build in builds)
    failed = [build for build in builds if build.outcome in {"traceback", "hang"}]
    report.rows.append(Row("documents in several files build", f"{built} of {len(builds)}", "no traceback", not failed))
    for build in builds:
        if build.outcome != "built":
            name = Path(build.document).relative_to(corpus.folder).as_posix()
            report.notes.append(f"{build.outcome}: {name}: {(*build.errors, build.failure)[0]}")


def _others(report: Report, corpus: Corpus, folder: Path) -> None:
    builds = build_all(corpus.others, folder)
    clear = [build for build in builds if any(error.startswith(NO_WEBSOCKET) for error in build.errors)]
    row = Row(
        "other protocols: no WebSocket server", f"{len(clear)} of {len(builds)}", "all", len(clear) == len(builds)
    )
    report.rows.append(row)
    for build in builds:
        if build not in clear:
            told = build.errors[0] if build.errors else build.outcome
            report.notes.append(f"not clear: other/{Path(build.document).name}: {told}")


BARS = (
    (r"buildable verdict right\s+\d+/\d+ = (\d+)%", "labels: buildable verdict", 95),
    (r"perspective right\s+\d+/\d+ = (\d+)%", "labels: perspective", 90),
    (r"message direction right\s+\d+/\d+ = (\d+)%", "labels: direction", 93),
    (r"requests\s+precision \d+/\d+ = (\d+)%", "labels: requests, precision", 95),
    (r"requests\s+precision .* recall \d+/\d+ = (\d+)%", "labels: requests, recall", 80),
    (r"subscriptions\s+precision \d+/\d+ = (\d+)%", "labels: subscriptions, precision", 95),
    (r"subscriptions\s+precision .* recall \d+/\d+ = (\d+)%", "labels: subscriptions, recall", 75),
)


def _scores(report: Report, corpus: Corpus) -> None:
    """What the corpus's own scorer says, where it has one."""
    scorer, labels = corpus.folder / "score.py", corpus.folder / "expected.json"
    if not scorer.exists():
        return
    with tempfile.TemporaryDirectory() as empty:  # no configuration is found from there
        command = [sys.executable, str(scorer), "--wsgen", f"{sys.executable} -m wsgen.cli"]
        documents = ["--docs", str(corpus.folder / "ws"), "--expected", str(labels)]
        done = subprocess.run([*command, *documents], cwd=empty, capture_output=True, text=True, check=True)
    for pattern, what, bar in BARS:
        found = re.search(pattern, done.stdout)
        if found is None:
            raise RuntimeError(f"the scorer does not say `{what}`:\n{done.stdout}")
        report.rows.append(Row(what, f"{found.group(1)} %", f">= {bar} %", int(found.group(1)) >= bar))
    counts = re.search(r"discrimination\s+right (\d+) honest (\d+) wrong (\d+)", done.stdout)
    if counts is None:
        raise RuntimeError(f"the scorer does not say how messages are told apart:\n{done.stdout}")
    right, honest, wrong = (int(count) for count in counts.groups())
    total = right + honest + wrong
    value = f"right {right / total:.1%}, honest {honest / total:.1%}, wrong {wrong / total:.1%}"
    good = wrong <= 0.03 * total and right >= 0.85 * total
    report.rows.append(Row("labels: discrimination", value, "right >= 85 %, wrong <= 3 %", good))
