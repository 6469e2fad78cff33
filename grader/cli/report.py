"""A report as a teacher reads it in a terminal: points by task, failed checks, misconceptions, the comparison."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from rich.console import Console, Group
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from grader.cli.console import plain
from grader.domain.check import CheckResult
from grader.domain.comparison import ComparisonReport
from grader.domain.exercise import Exercise
from grader.domain.misconception import Misconception
from grader.domain.report import Audience, Report, check_feedback
from grader.domain.verdict import Verdict

_STYLES = {
    Verdict.ACCEPTED: "green",
    Verdict.SKIPPED: "yellow",
    Verdict.INTERNAL_ERROR: "magenta",
}


def show_report(
    console: Console, report: Report, exercise: Exercise, *, file: str, pictures: Sequence[Path] = ()
) -> None:
    """Print the whole report of one file. All text that a student may have written is made plain first.

    `pictures` are the files that the comparison's pictures were written to.
    """
    console.print(Rule(plain(file, "bold"), align="left", style="dim"))
    console.print(_headline(report))
    if report.message:
        console.print(Padding(plain(report.message, "red"), (1, 2)))
    if report.checks:
        console.print(Padding(_tasks(report, exercise), (1, 0, 0, 2)))
    for found in report.misconceptions:
        console.print(Padding(_misconception(found), (1, 2, 0, 2)))
    for check in report.checks:
        if check.verdict is not Verdict.ACCEPTED:
            console.print(Padding(_check(check), (1, 2, 0, 2)))
    if report.comparison is not None:
        for part in _comparison(report.comparison):
            console.print(Padding(part, (1, 2, 0, 2)))
    if pictures:
        told = f"\n  wrote {pictures[0]} and {len(pictures) - 1} more"
        console.print(plain(told, "dim"), soft_wrap=True)  # a path in one piece can be copied
    console.print(Padding(_footer(report, exercise), (1, 2)))


def _headline(report: Report) -> Text:
    style = _STYLES.get(report.verdict, "red")
    return Text.assemble(
        "  ",
        (report.verdict.words, f"bold {style}"),
        (f"   {report.points:g} of {report.max_points:g} points", "bold"),
    )


def _tasks(report: Report, exercise: Exercise) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", expand=True)
    table.add_column("task")
    table.add_column("", no_wrap=True, overflow="ellipsis", ratio=1)
    table.add_column("points", justify="right")
    table.add_column("passed", justify="right")
    for task in exercise.tasks:
        checks = [check for check in report.checks if check.task == task.id]
        passed = sum(check.verdict is Verdict.ACCEPTED for check in checks)
        points = 0.0 if report.failure else sum(check.points for check in checks)
        style = "green" if passed == len(checks) else ""
        table.add_row(
            task.id,
            Text.assemble(task.function, (f"  {task.title}", "dim")),
            Text(f"{points:g} / {task.points:g}", style=style),
            Text(f"{passed} / {len(checks)}", style=style),
        )
    return table


def _check(check: CheckResult) -> Group:
    style = _STYLES.get(check.verdict, "red")
    head = Text.assemble(
        ("✓ " if check.verdict is Verdict.ACCEPTED else "✗ ", style),
        plain(check.name, "bold"),
        (f"  task {check.task}, {check.points:g} of {check.max_points:g} points, ", "dim"),
        (check.verdict.words, style),
    )
    feedback = check_feedback(check, Audience.STAFF)
    lines = [plain(feedback)] if feedback else []
    if check.hint and check.hint not in feedback and check.verdict is not Verdict.ACCEPTED:
        lines.append(plain(f"hint: {check.hint}", "cyan"))
    return Group(head, *(Padding(line, (0, 0, 0, 2)) for line in lines))


def _comparison(comparison: ComparisonReport) -> Iterator[Group | Text | Panel]:
    """Yield the parts of the second stage: every check, passed or not, since each tells how far the runs were apart."""
    style = _STYLES.get(comparison.verdict, "red")
    yield Text.assemble(
        ("Training comparison with PyTorch", "bold"),
        (f"   {comparison.points:g} of {comparison.max_points:g} points, ", "dim"),
        (comparison.verdict.words, style),
    )
    if comparison.message:
        yield plain(comparison.message)
    for accepted, checks in groupby(comparison.checks, lambda check: check.verdict is Verdict.ACCEPTED):
        parts = [_check(check) for check in checks]
        yield from [Group(*parts)] if accepted else parts
    for found in comparison.misconceptions:
        yield _misconception(found)
    where = [f"on the {comparison.device}, {comparison.seconds:.2f} s"] if comparison.device else []
    if told := [*where, *comparison.notes]:
        yield plain("\n".join(told), "dim")


def _misconception(found: Misconception) -> Panel:
    title = "another convention" if found.is_variant else "likely misconception"
    return Panel(
        plain(found.sentence),
        title=plain(f"{title}, task {found.task}: {found.name}"),
        title_align="left",
        border_style="yellow",
    )


def _footer(report: Report, exercise: Exercise) -> Text:
    parts = [
        f"tier {report.tier}",
        f"seed {report.seed}",
        f"suite {report.suite_version}",
        f"{report.seconds:.2f} s",
    ]
    if report.comparison is None and exercise.comparison is not None:
        parts.append(f"checks only, without the {exercise.comparison.points:g} points of the training comparison")
    return plain(" · ".join(parts), "dim")
