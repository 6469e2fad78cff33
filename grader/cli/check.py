"""`gradescent check`: an exercise held against itself, before any student meets it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from grader.catalog import load_catalog
from grader.cli.console import ExitCode, err, out, plain
from grader.evaluate import Grader
from grader.selfcheck import SelfCheck, check_exercise
from grader.settings import Settings


def check_exercises(settings: Settings, slugs: Sequence[str]) -> ExitCode:
    """Check each exercise and print a table for each. Returns the exit code. Raises `UnknownExercise`."""
    catalog = load_catalog(settings.exercises_dir)
    for slug in slugs:
        catalog.exercise(slug)  # a misspelt name is told before minutes of work on the others
    well = True
    with Grader(settings, catalog) as grader:
        for slug in slugs:
            found = _with_progress(grader, slug)
            _show(slug, found)
            well = well and not found.faults
    return ExitCode.OK if well else ExitCode.NOT_ACCEPTED


def _with_progress(grader: Grader, slug: str) -> SelfCheck:
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        bar = progress.add_task(slug, total=None)
        return check_exercise(
            grader,
            slug,
            lambda what, done, total: progress.update(bar, description=what, completed=done, total=total),
        )


def _show(slug: str, found: SelfCheck) -> None:
    table = Table(title=slug, title_justify="left", box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("", min_width=9)
    table.add_column("name", no_wrap=True)
    table.add_column("points", justify="right", no_wrap=True)
    table.add_column("killed by", no_wrap=True, overflow="ellipsis")
    for row in found.rows:
        killed_by = plain(_killers(row.killed_by))
        table.add_row(row.kind, plain(row.name), f"{row.points:g} / {row.max_points:g}", killed_by)
    out.print(table)
    for fault in found.faults:
        out.print(plain(f"✗ {fault}", "red"), soft_wrap=True)
    if not found.faults:
        out.print(plain(f"✓ {slug}: the reference is accepted, the stub is not, every mutant is killed.", "green"))


def _killers(names: Sequence[str]) -> str:
    if not names:
        return ""
    return names[0] if len(names) == 1 else f"{names[0]} +{len(names) - 1}"
