"""`gradescent check`: exercises held against themselves, before any student meets them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from grader.catalog import load_catalog
from grader.cli.console import ExitCode, complain, err, out, plain
from grader.evaluate import Grader
from grader.selfcheck.run import SelfCheck, check_exercises
from grader.selfcheck.table import mutants_by_check
from grader.settings import Settings


def check(settings: Settings, slugs: Sequence[str], *, jobs: int, table: Path | None) -> ExitCode:
    """Check these exercises (none named: all) and print what was found. Returns the exit code.

    `table` is where to write the mutants by check as Markdown. Raises `UnknownExercise`, `GraderFault`.
    """
    catalog = load_catalog(settings.exercises_dir)
    exercises = [catalog.exercise(slug) for slug in slugs] or list(catalog.exercises)
    found = []
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with (
        Grader(settings, catalog) as grader,
        Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress,
    ):
        bar = progress.add_task("starting", total=None)
        for one in check_exercises(
            grader,
            [exercise.slug for exercise in exercises],
            jobs=jobs,
            on_progress=lambda slug, done, total: progress.update(bar, description=slug, completed=done, total=total),
        ):
            _show(one)
            found.append(one)
    if table is not None:
        try:
            table.write_text(mutants_by_check(exercises, found), encoding="utf-8")
        except OSError as error:
            complain(f"{table} cannot be written: {error.strerror}")
            return ExitCode.USAGE
    return ExitCode.NOT_ACCEPTED if any(one.faults for one in found) else ExitCode.OK


def _show(found: SelfCheck) -> None:
    wrong = [row for row in found.rows if row.kind in ("mutant", "variant")]
    table = Table(title=found.slug, title_justify="left", box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("", min_width=9)
    table.add_column("name", no_wrap=True)
    table.add_column("points", justify="right", no_wrap=True)
    table.add_column("killed by", no_wrap=True, overflow="ellipsis")
    for row in [row for row in found.rows if row.kind in ("right", "stub")] + wrong:
        killed_by = plain("" if row.kind == "stub" else _killers(row.killed_by))
        table.add_row(row.kind, plain(row.name), f"{row.points:g} / {row.max_points:g}", killed_by)
    out.print(table)
    for fault in found.faults:
        out.print(plain(f"✗ {fault}", "red"), soft_wrap=True)
    if not found.faults:
        seeds = sum(row.kind == "reference" for row in found.rows)
        words = (
            f"✓ {found.slug}: the reference is accepted under {seeds} seeds, the stub is not, "
            f"each of {len(wrong)} mutants is killed. {found.seconds:.0f} s of work."
        )
        out.print(plain(words, "green"), soft_wrap=True)


def _killers(names: Sequence[str]) -> str:
    if not names:
        return ""
    return names[0] if len(names) == 1 else f"{names[0]} +{len(names) - 1}"
