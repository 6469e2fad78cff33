"""The commands and what each of their options means."""

from __future__ import annotations

import sys
import traceback
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from grader.cli.console import ExitCode, complain, err, out
from grader.domain.errors import GraderFault, GradescentError
from grader.settings import read_settings

app = typer.Typer(
    help="Gradescent grades what students write in a deep-learning-optimization course.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
user_app = typer.Typer(help="The people who can log in.", no_args_is_help=True)
app.add_typer(user_app, name="user")


def main() -> None:
    """Run the command that the arguments name; every fault ends in words and an exit code."""
    try:
        app()
    except GraderFault as fault:
        complain(f"the grader itself failed, which is no fault of any solution: {fault}")
        sys.exit(ExitCode.INTERNAL)
    except GradescentError as error:
        complain(str(error))
        sys.exit(ExitCode.USAGE)
    except Exception:  # noqa: BLE001 - the outermost boundary: an operator needs the traceback and a code of its own
        traceback.print_exc()
        complain("an internal error, see above; this is a fault of Gradescent")
        sys.exit(ExitCode.INTERNAL)


@app.command()
def serve() -> None:
    """Start everything: database, demo course, portal and an embedded worker. Ctrl-C stops it all.

    The settings are environment variables, see docs/settings.md; the port is GRADESCENT_PORT.
    """
    from grader.serve import serve as run

    raise typer.Exit(run(read_settings(for_portal=True), err))


@app.command()
def worker() -> None:
    """Grade jobs from the queue until stopped; running jobs are finished first."""
    from grader.worker import run_worker

    raise typer.Exit(run_worker(read_settings()))


@app.command()
def grade(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Solution files; their own names do not matter.")
    ],
    exercise: Annotated[str, typer.Option("--exercise", "-e", help="The exercise's slug, such as adaptive.")],
    along: Annotated[
        list[Path] | None, typer.Option("--along", help="A file that the solutions import, such as adaptive.py.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per file, one per line.")] = False,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="The seed of the checks' random inputs.")] = 0,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, help="Files graded at the same time (default: the cores).")
    ] = None,
    checks_only: Annotated[
        bool, typer.Option("--checks-only", help="Leave the training comparison out; its points do not count then.")
    ] = False,
    plots: Annotated[
        Path | None,
        typer.Option("--plots", metavar="DIR", help="Where to write the comparison's pictures, as PNG and SVG."),
    ] = None,
) -> None:
    """Grade files here and now, in the sandbox; the same seed gives the same report as a worker's.

    The checks come first, then the comparison of a training run with PyTorch's, where the exercise has one.

    Exit codes, of which the highest counts:

    - 0 every file was accepted

    - 1 some file was not

    - 2 a usage error, a file that cannot be graded (missing, empty, too large, not text), a picture not written

    - 3 the grader itself failed
    """
    from grader.cli.grade import Wishes, grade_files
    from grader.domain.errors import UploadRefused

    settings = read_settings()
    try:
        code = grade_files(
            settings,
            files,
            exercise,
            along=along or [],
            jobs=jobs or settings.concurrency,
            wishes=Wishes(seed=seed, checks_only=checks_only, as_json=as_json, plots=plots),
        )
    except UploadRefused as refusal:
        complain(str(refusal))
        code = ExitCode.USAGE
    raise typer.Exit(code)


@app.command()
def bundle(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Where to write the zip.")] = None,
) -> None:
    """Make the students' zip: instructions, stubs and public tests, from the manifests' allow-lists."""
    from grader.bundle import BUNDLE_NAME, make_bundle
    from grader.catalog import load_catalog

    target = output or Path(BUNDLE_NAME)
    content = make_bundle(load_catalog(read_settings().exercises_dir))
    try:
        target.write_bytes(content)
    except OSError as error:
        complain(f"{target} cannot be written: {error.strerror}")
        raise typer.Exit(ExitCode.USAGE) from None
    out.print(f"{target}: {len(content):,} bytes", markup=False, soft_wrap=True)


@app.command()
def check(
    slugs: Annotated[
        list[str] | None, typer.Argument(metavar="[SLUG...]", help="The exercises to check (default: all).")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, help="Things done at the same time (default: the cores).")
    ] = None,
    table: Annotated[
        Path | None, typer.Option("--table", help="Where to write which check kills which mutant, as Markdown.")
    ] = None,
) -> None:
    """Check exercises: right solutions are accepted, the stub is not, every mutant is killed by its named check.

    Also: the public tests pass for the reference, stub, manifest, instructions, figures and quiz agree.

    Exit codes:

    - 0 all is well

    - 1 a fault was found

    - 2 a usage error

    - 3 the grader itself failed
    """
    from grader.cli.check import check as check_exercises

    settings = read_settings()
    raise typer.Exit(check_exercises(settings, slugs or [], jobs=jobs or settings.concurrency, table=table))


@app.command("new-exercise")
def new_exercise(
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="What the folder and the solution file are called.")],
) -> None:
    """Lay out a new exercise: a small one that is complete and passes `gradescent check`, to be rewritten.

    It goes into the folders of GRADESCENT_EXERCISES_DIR and GRADESCENT_SUITES_DIR; docs/exercises.md tells the rest.
    """
    from grader.blank import NotLaidOut, lay_out

    settings = read_settings()
    try:
        written = lay_out(slug, settings.exercises_dir, settings.suites_dir)
    except (NotLaidOut, OSError) as error:
        complain(str(error))
        raise typer.Exit(ExitCode.USAGE) from None
    for path in written:
        out.print(str(path), markup=False, soft_wrap=True)
    out.print(f"Now: gradescent check {slug}", markup=False)


@app.command()
def doctor() -> None:
    """Tell which sandbox this machine gives, found out by trying, what is missing for a better one, and how database,
    broker, disk, workers and queues are.

    Exit codes:

    - 0 a worker can grade here

    - 1 it cannot, as it is configured

    - 2 a usage error
    """
    from grader.cli.doctor import tell

    raise typer.Exit(tell(read_settings()))


@app.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    from grader.store.database import Database

    database = Database(read_settings().resolved_database_url())
    database.migrate()
    out.print("The database has the newest schema.")


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it; nothing is overwritten.")],
) -> None:
    """Write the whole installation into one file, while it goes on: every table, and the secret key made for it.

    The file holds what students handed in and the hashes of their passwords: its owner alone can read it.
    """
    from grader.cli.backup import write_backup

    raise typer.Exit(write_backup(read_settings(), file))


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `gradescent backup` wrote.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Let the backup take the place of all that the database holds.")
    ] = False,
) -> None:
    """Fill the database from a backup, all of it or nothing, and bring it to the newest schema.

    The kind of database may be another one than that of the backup. Portal and workers have to be stopped before.
    """
    from grader.cli.backup import read_backup

    raise typer.Exit(read_backup(read_settings(), file, replace=replace))


@app.command()
def cancel(
    submissions: Annotated[list[int], typer.Argument(metavar="SUBMISSION...", help="The submissions' numbers.")],
) -> None:
    """Cancel the grading of submissions, also one that has begun; it uses up no attempt.

    Exit codes:

    - 0 all were cancelled

    - 1 one of them was not waiting

    - 2 a usage error
    """
    from grader.cli.steering import cancel_submissions

    raise typer.Exit(cancel_submissions(read_settings(), submissions))


@app.command()
def regrade(
    submissions: Annotated[
        list[int] | None, typer.Argument(metavar="[SUBMISSION...]", help="The submissions' numbers.")
    ] = None,
    exercise: Annotated[
        str, typer.Option("--exercise", "-e", help="All of an exercise that another version of its tests has graded.")
    ] = "",
    everything: Annotated[
        bool, typer.Option("--all", help="With --exercise: also what the newest version has graded.")
    ] = False,
    urgently: Annotated[
        bool, typer.Option("--urgently", help="Before what students hand in, instead of after it.")
    ] = False,
) -> None:
    """Have submissions graded again; until that is done, what was found before counts.

    Exit codes:

    - 0 all of them wait to be graded again

    - 1 one of them is being graded already

    - 2 a usage error
    """
    from grader.cli.steering import regrade as run

    if bool(submissions) == bool(exercise):
        complain("name submissions by their numbers, or an exercise with --exercise")
        raise typer.Exit(ExitCode.USAGE)
    settings = read_settings()
    raise typer.Exit(run(settings, submissions or [], exercise, everything=everything, urgently=urgently))


@app.command()
def extend(
    username: Annotated[str, typer.Argument(help="The student's name to log in with.")],
    exercise: Annotated[str, typer.Argument(help="The exercise's slug.")],
    until: Annotated[
        datetime,
        typer.Option(formats=["%Y-%m-%dT%H:%M%z", "%Y-%m-%dT%H:%M:%S%z"], help="Such as 2026-12-01T23:59+01:00."),
    ],
    reason: Annotated[str, typer.Option(help="For the log.")],
) -> None:
    """Give a student more time for an exercise that has a last moment."""
    from grader.cli.steering import extend_for

    raise typer.Exit(extend_for(read_settings(), username, exercise, until, reason))


@app.command()
def override(
    username: Annotated[str, typer.Argument(help="The student's name to log in with.")],
    exercise: Annotated[str, typer.Argument(help="The exercise's slug.")],
    reason: Annotated[str, typer.Option(help="For the log.")],
    points: Annotated[
        float | None, typer.Option(min=0, help="What counts from now on; without it the recorded grade does again.")
    ] = None,
    quiz: Annotated[bool, typer.Option("--quiz", help="The exercise's quiz instead of the exercise.")] = False,
) -> None:
    """Set what counts for a student in the place of the grade, or take that back."""
    from grader.cli.steering import override_for

    raise typer.Exit(override_for(read_settings(), username, exercise, points, reason, quiz=quiz))


@app.command("log")
def show_log(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many entries.")] = 50,
) -> None:
    """Show who cancelled, regraded, extended or overrode what, newest first."""
    from grader.cli.steering import show_log as show

    raise typer.Exit(show(read_settings(), limit))


@user_app.command("add")
def add_user(
    username: Annotated[str, typer.Argument(help="The name to log in with.")],
    name: Annotated[str, typer.Option(help="The name as others read it.")],
    password: Annotated[
        str, typer.Option(prompt=True, confirmation_prompt=True, hide_input=True, help="Better not given but asked.")
    ],
    instructor: Annotated[bool, typer.Option("--instructor", help="An instructor instead of a student.")] = False,
) -> None:
    """Add somebody who can log in; asks for the password."""
    from grader.cli.people import add_user as add

    raise typer.Exit(add(read_settings(), username, name, password, is_instructor=instructor))
