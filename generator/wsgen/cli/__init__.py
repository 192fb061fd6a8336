"""The command line. Problems are printed and exit codes are set here and nowhere else."""

from __future__ import annotations

import errno
import gc
import io
import json
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer

from wsgen.config import Config, Target, load_config
from wsgen.problems import Place, Problems, Stop

from .exits import BUG, DONE, FAULT, USAGE, exit_code
from .printing import Format, print_problems, printable, prose

if TYPE_CHECKING:
    from wsgen.pipeline import Understood

__all__ = ["app", "main"]

INTERRUPTED = 130
NOBODY_READS = 141
"""As a shell says of a program that SIGPIPE has ended: neither "done" nor "differs", whatever it was about to say."""

GC_THRESHOLD = (50_000, 50, 50)
"""Trees of a document stay until the end, so that looking through them for garbage again and again finds nothing."""

app = typer.Typer(
    name="wsgen",
    help="Typed WebSocket clients from AsyncAPI documents.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="The configuration file; default: the nearest one.")
]
FormatOption = Annotated[Format, typer.Option("--format", help="How problems are printed.")]
AllowRefOption = Annotated[
    list[Path] | None,
    typer.Option("--allow-ref", metavar="DIR", help="A folder outside of the document's own that it may refer to."),
]
StrictOption = Annotated[bool, typer.Option("--strict", help="Warnings fail, too.")]


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and end the process with its exit code. No traceback ever escapes."""
    if arguments is None:
        _have_file_names_as_text()
    given = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in given
    _print_what_can_be_encoded()
    gc.set_threshold(*GC_THRESHOLD)
    try:
        code = _run([each for each in given if each != "--debug"])
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        _drop_output()
        code = NOBODY_READS
    except Exception as error:
        code = _failed(error, debug)
    sys.exit(code)


def _have_file_names_as_text() -> None:
    """Begin again in Python's UTF-8 mode (PEP 540) where file names could not be told otherwise.

    The name of a folder becomes the name of a package, whatever the locale of the machine.
    """
    if sys.getfilesystemencoding() != "utf-8" and sys.executable and os.environ.get("PYTHONUTF8") != "1":
        os.environ["PYTHONUTF8"] = "1"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def _run(arguments: list[str]) -> int:
    """The exit code of a command line.

    Raises:
        BrokenPipeError: nobody reads what it prints.
    """
    try:
        app(args=arguments, prog_name="wsgen")
        code = DONE
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # which typer makes an exit code of 1
            raise end.__context__ from None
        code = end.code if isinstance(end.code, int) else USAGE
    if sys.stdout is not None:  # which is None where the shell has closed it
        sys.stdout.flush()
    return code


def _drop_output() -> None:
    """Keep what is left in the buffers from being written at the end."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _failed(error: Exception, debug: bool) -> int:
    """Tell of what nobody else has told of."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO) and not error.filename:
        sys.stderr.write(f"wsgen: what is printed cannot be written: {error.strerror}\n")
        _drop_output()
        return FAULT
    _report_bug(error, debug)
    return BUG


def _print_what_can_be_encoded() -> None:
    """A terminal that is not UTF-8 gets escapes for the letters that it does not have."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _report_bug(error: Exception, debug: bool) -> None:
    if debug:
        traceback.print_exc()
    what = printable(str(error))
    sys.stderr.write(
        f"wsgen {_version()} failed, and that is its own fault: {type(error).__name__}: {what}\n"
        f"Please report it, with the document and the output of `--debug`, {_issue_tracker()}\n"
    )


def _issue_tracker() -> str:
    """Where faults are reported, as the installed package says it."""
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        urls = metadata("wsgen").get_all("Project-URL") or []
    except PackageNotFoundError:
        urls = []
    named = dict(str(url).split(", ", 1) for url in urls if ", " in str(url))
    return f"at {named['Issues']}" if "Issues" in named else "to the issue tracker of wsgen"


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("wsgen")
    except PackageNotFoundError:
        return "0"


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"wsgen {_version()}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where a fault of wsgen happened.")] = False,
) -> None:
    """Typed WebSocket clients from AsyncAPI documents."""


@app.command()
def build(
    specs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SPEC]...", help="Documents; none: every client of the configuration."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="The package's folder; with several documents the folder of all."),
    ] = None,
    target: Annotated[
        Target | None, typer.Option("--target", help="The language; default: what the configuration says, or python.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit with 1 where a build would.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Write nothing; print all that a build would change.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Build in any case, over files that were edited.")] = False,
    verify: Annotated[bool, typer.Option(help="Compile and import the output before it is written.")] = True,
    watch: Annotated[bool, typer.Option("--watch", help="Build again whenever a document changes.")] = False,
    processes: Annotated[
        int | None, typer.Option("--jobs", min=1, help="Clients made at the same time; default: as many as pay.")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show the stages, and their times.")] = False,
    strict: StrictOption = False,
    format: FormatOption = "text",
    config: ConfigOption = None,
    allow_ref: AllowRefOption = None,
) -> None:
    """Write typed clients for documents."""
    from .building import Run, build_all
    from .jobs import jobs_of
    from .sharing import shared_runtimes

    if check or diff:
        _refuse_to_write(force=force, watch=watch)
    run = Run(
        version=_version(),
        check=check,
        diff=diff,
        force=force,
        verify=verify,
        strict=strict,
        verbose=verbose,
        processes=processes,
        format=format,
        command=("wsgen", "build", *(specs or []), *_options(output, config, allow_ref or [], target)),
    )

    def once() -> int:
        problems = Problems()
        with suppress(Stop), prose(format):
            settings = _load_config(config, problems, allow_ref)
            jobs = jobs_of(specs or [], output, settings, problems, target)
            build_all(jobs, run, problems, shared_runtimes(jobs, settings))
        print_problems(problems, format)
        return exit_code(problems, strict=strict)

    if watch:
        _watch(once, specs or [], config, allow_ref or [], format)
    raise typer.Exit(once())


def _options(output: Path | None, config: Path | None, allowed: list[Path], target: Target | None) -> list[str]:
    """What makes the same of the same documents, as it is typed."""
    named = [("-o", output), ("--config", config), *(("--allow-ref", folder) for folder in allowed)]
    options = [text for option, value in named if value is not None for text in (option, value.as_posix())]
    return options if target is None else [*options, "--target", target]


def _refuse_to_write(*, force: bool, watch: bool) -> None:
    if force:
        raise typer.BadParameter("--check and --diff write nothing, so there is nothing to force")
    if watch:
        raise typer.BadParameter("--watch builds, and --check and --diff write nothing")


def _watch(
    build: Callable[[], int], specs: list[str], config: Path | None, allowed: list[Path], format: Format
) -> NoReturn:
    """Build again and again."""
    from .watching import watch

    def once() -> int:
        try:
            return build()
        except Exception as error:  # a fault of ours; the next change may avoid it
            _report_bug(error, debug=False)
            return BUG

    problems = Problems()
    with suppress(Stop), prose(format):
        watch(specs, config, once, problems, allowed)
    _finish(problems, format)


def _load_config(file: Path | None, problems: Problems, allow_ref: list[Path] | None = None) -> Config:
    """The configuration, with what the command line allows; one with errors builds nothing.

    Raises:
        Stop: it has errors.
    """
    from .jobs import allowing

    config = load_config(Path(), problems, file)
    if problems.fatal:
        raise Stop
    return allowing(config, allow_ref or [])


def _finish(problems: Problems, format: Format, strict: bool = False) -> NoReturn:
    print_problems(problems, format)
    raise typer.Exit(exit_code(problems, strict=strict))


@app.command()
def validate(
    specs: Annotated[list[str], typer.Argument(metavar="SPEC...", help="Documents.")],
    strict: StrictOption = False,
    format: FormatOption = "text",
    config: ConfigOption = None,
    allow_ref: AllowRefOption = None,
) -> None:
    """Report what is wrong with documents, and write nothing."""
    from wsgen.pipeline import examine

    from .jobs import jobs_of

    problems = Problems()
    try:
        for job in jobs_of(specs, None, _load_config(config, problems, allow_ref), problems):
            own = Problems()
            try:
                examine(job.settings, own, parent=job.parent)
            except Stop:
                pass
            finally:
                for problem in own:
                    problems.add(problem)
    except Stop:
        pass
    _finish(problems, format, strict)


def _understood(spec: str, config: Path | None, problems: Problems, allow_ref: list[Path] | None) -> Understood | None:
    """What a document says; None where there is nothing to show, which `problems` then tells."""
    from wsgen.pipeline import foresee, understand

    from .jobs import settings_of

    found: Understood | None = None
    with suppress(Stop):
        found = understand(settings_of(spec, _load_config(config, problems, allow_ref)), problems)
        foresee(found, problems)
    return found


@app.command()
def inspect(
    spec: Annotated[str, typer.Argument(metavar="SPEC", help="A document.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON; refused documents are answered, too.")] = False,
    strict: StrictOption = False,
    format: FormatOption = "text",
    config: ConfigOption = None,
    allow_ref: AllowRefOption = None,
) -> None:
    """Show what the client of a document will be."""
    problems = Problems()
    understood = _understood(spec, config, problems, allow_ref)
    if as_json:
        from .inspection import inspection

        typer.echo(json.dumps(inspection(understood, problems), indent=2))
        if format == "json":
            raise typer.Exit(exit_code(problems, strict=strict))  # the answer holds the problems
    elif understood is not None:
        from .overview import overview

        with prose(format):
            typer.echo(overview(understood, problems))
    _finish(problems, format, strict)


@app.command()
def init(
    specs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SPEC]...", help="Documents; none: those that are found below the current folder."),
    ] = None,
    target: Annotated[
        Target | None,
        typer.Option(
            "--target",
            help="The language; default: typescript beside a package.json or deno.json without a "
            "pyproject.toml, else python.",
        ),
    ] = None,
    format: FormatOption = "text",
) -> None:
    """Write a first configuration, into pyproject.toml where there is one."""
    from .beginning import begin, configuration_file, describe, target_of
    from .discovery import find_documents

    problems = Problems()
    try:
        file = configuration_file(Path(), problems)
        sources = specs or [path.as_posix() for path in find_documents(Path())]
        if not sources:
            message = "no AsyncAPI document was found in this folder and below it"
            problems.error("WSG907", message, Place(""), "name one: `wsgen init SPEC`")
            raise Stop
        language = target or target_of(Path())
        entries = describe(sources, Path(), language, problems)
        begin(file, entries, problems)
        with prose(format):
            words = " in TypeScript" if language == "typescript" else ""
            typer.echo(f"{file.name}: {len(entries)} client{'s' if len(entries) > 1 else ''}{words}")
            for entry in entries:
                to = "no client yet, see the comment" if entry.wrong else f"{entry.output}/"
                typer.echo(f"  {printable(entry.source)} → {printable(to)}")
            typer.echo("next: wsgen build")
    except Stop:
        pass
    _finish(problems, format)


@app.command()
def schema(
    name: Annotated[
        Literal["config"], typer.Argument(metavar="[NAME]", help="config: of the configuration.")
    ] = "config",
) -> None:
    """Print a JSON Schema: what editors complete a configuration from."""
    from wsgen.config.schema import config_schema

    typer.echo(json.dumps(config_schema(), indent=2))


@app.command()
def explain(
    code: Annotated[
        str | None, typer.Argument(metavar="[CODE]", help="The code of a problem, as WSG305; none: all of them.")
    ] = None,
) -> None:
    """Tell the rule behind the code of a problem, with an example and its mend."""
    from difflib import get_close_matches

    from wsgen.problems.rules import RULES

    from .explanation import print_rule, print_rules

    if code is None:
        print_rules()
        return
    wanted = code.upper()
    if wanted not in RULES:
        near = get_close_matches(wanted, RULES, 3)
        hint = f"; did you mean {' or '.join(near)}?" if near else "; `wsgen explain` lists all codes"
        typer.echo(f"there is no code {printable(code)}{hint}", err=True)
        raise typer.Exit(USAGE)
    print_rule(wanted)
