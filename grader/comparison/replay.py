"""Diagnosis by repetition: a run that left PyTorch's path is repeated with every known wrong solution.

One that goes the very same way is what the student has written. Who goes another way is acquitted, however likely the
mistake may look.
"""

from __future__ import annotations

from grader.comparison.case import Case
from grader.comparison.finding import World
from grader.comparison.run import Departed, Run, distances, following
from grader.domain.misconception import Misconception
from grader.judge.diagnosis import SAME_BEHAVIOUR
from grader.judge.faults import SolutionFault


def matching(
    function: str, case: Case, mine: Run, twin: Run, name: str, world: World
) -> tuple[str, list[Misconception]]:
    """Return in words what the repetition showed, and the mistakes that go the same way, the likeliest first.

    `name` is that of the random generator that the run was made with.
    """
    found, tried = [], 0
    for suspect in world.suspects(function):
        try:
            with following(mine, SAME_BEHAVIOUR):
                run = case.mine(suspect.solution, world.draw(name))
        except Departed:
            tried += 1
            continue
        except (SolutionFault, ArithmeticError, ValueError):
            continue  # it cannot make this run at all, and the student's could
        tried += 1
        if not max(distances(run, twin)) > SAME_BEHAVIOUR:
            continue  # a mistake that does not show here would match every right solution as well
        apart = max(distances(mine, run))
        if apart <= SAME_BEHAVIOUR:
            found.append((apart, suspect.misconception))
    found.sort(key=lambda pair: pair[0])
    return _in_words(len(found), tried), [misconception for _, misconception in found]


def _in_words(matches: int, tried: int) -> str:
    if not tried:
        return ""
    if matches == 0:
        return f"The same run with each of {tried} known mistakes goes another way: yours is none of them."
    if matches == 1:
        return f"Of {tried} known mistakes one makes the very same run; it is told below."
    return f"Of {tried} known mistakes {matches} make the very same run; they are told below, the closest first."
