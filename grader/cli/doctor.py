"""`gradescent doctor`: what this machine gives, what is missing for better, and how the installation is."""

from __future__ import annotations

from itertools import chain

from rich.table import Table

from grader.cli.console import ExitCode, err, out, plain
from grader.doctor import State, examine
from grader.installation import examine_installation
from grader.settings import Settings

_MARKS = {State.GOOD: ("✓", "green"), State.WEAK: ("!", "yellow"), State.BAD: ("✗", "red")}


def tell(settings: Settings) -> ExitCode:
    """Print one line for each finding. Returns the exit code: whether a worker can grade here as it is configured."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    can_grade = True
    with err.status("trying every tier of the sandbox ..."):
        for finding in chain(examine(settings), examine_installation(settings)):
            mark, style = _MARKS[finding.state]
            table.add_row(plain(mark, style), plain(finding.name, "bold"), plain(finding.text))
            if finding.advice:
                table.add_row("", "", plain(finding.advice, "dim"))
            if finding.name in ("torch", "sandbox") and finding.state is State.BAD:
                can_grade = False
    out.print(table)
    return ExitCode.OK if can_grade else ExitCode.NOT_ACCEPTED
