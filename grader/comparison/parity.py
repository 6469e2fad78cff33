"""Step parity: in float64 a right component repeats PyTorch's run but for rounding, and a wrong one does not.

Correct but reordered arithmetic differs by 1e-16 (5e-11 for what flows through a batch norm), the weakest real mistake
by 2e-3, so the limits need no guessing. Between them lies arithmetic in float32.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from grader.comparison import drawing
from grader.comparison.case import Case
from grader.comparison.finding import Finding, World
from grader.comparison.replay import matching
from grader.comparison.run import Run, distances, first_divergence
from grader.domain.errors import GraderFault
from grader.domain.picture import Picture
from grader.domain.verdict import Verdict
from grader.judge.suite import Solution

ACCEPTED = 1e-9
"""The largest distance of a right component."""
SINGLE_PRECISION = 1e-6
"""The largest distance that rounding in float32 explains; it is accepted with a remark."""


@dataclass(frozen=True, kw_only=True)
class Parity:
    """An experiment of several cases, by words that say what is trained: "A tanh network, lr changed after step 12"."""

    name: str
    task: str
    function: str
    points: float
    hint: str
    cases: Mapping[str, Case]
    counted_from: int = 1
    """What the first compared state is called: step 1, or epoch 0."""
    unit: str = "step"

    on_device: ClassVar[bool] = False
    is_costly: ClassVar[bool] = False

    def judge(self, solution: Solution, world: World) -> Finding:
        worst, remark = -1.0, ""
        pictures: list[Picture] = []
        lines: dict[str, list[float]] = {}
        for words, case in self.cases.items():
            mine = case.mine(solution, world.draw(f"{self.name}/{words}"))
            twin = case.twin(mine, world.draw(f"{self.name}/{words}"))
            apart = distances(mine, twin)
            lines[words] = apart
            pictures += case.pictures(mine, twin) if world.with_pictures else []
            worst = max(worst, *apart)
            if not max(apart) <= SINGLE_PRECISION:
                return self._failed(words, case, mine, twin, apart, world, pictures)
        if worst > ACCEPTED:
            remark = (
                f"It follows PyTorch to a relative distance of {worst:.0e}: somewhere it works in float32 inside, "
                f"where float64 goes in. In float64 a distance of {ACCEPTED:.0e} is usual."
            )
        if world.with_pictures:
            pictures.append(drawing.apart(self.name, self.task, lines, self.unit, self.counted_from))
        return Finding(verdict=Verdict.ACCEPTED, message=remark, pictures=tuple(pictures))

    def null(self, reference: Solution, world: World) -> None:
        """Raise `GraderFault` unless the suite's reference repeats every twin."""
        for words, case in self.cases.items():
            mine = case.mine(reference, world.draw(f"{self.name}/{words}"))
            apart = max(distances(mine, case.twin(mine, world.draw(f"{self.name}/{words}"))))
            if not apart <= ACCEPTED:
                raise GraderFault(f"{self.name}, {words}: the suite's own reference is {apart:.2g} from PyTorch")

    def _failed(
        self,
        words: str,
        case: Case,
        mine: Run,
        twin: Run,
        distances: list[float],
        world: World,
        pictures: list[Picture],
    ) -> Finding:
        found = first_divergence(mine, twin, SINGLE_PRECISION)
        assert found is not None, "a run that is too far away leaves the twin somewhere"
        number = found.step + self.counted_from
        apart = "it is not finite" if math.isinf(found.distance) else f"relative distance {found.distance:.1e}"
        tensor = found.tensor.rpartition("/")[2]
        place = f"{self.unit} {number}" + (f", in {tensor}" if tensor else "")
        message = (
            f"{words}: it leaves PyTorch's path at {place} ({apart}; rounding explains {SINGLE_PRECISION:.0e} at most)."
        )
        told, likely = matching(self.function, case, mine, twin, f"{self.name}/{words}", world)
        if world.with_pictures:
            lines = {words: distances}
            pictures.append(drawing.apart(self.name, self.task, lines, self.unit, self.counted_from, first=found.step))
        return Finding(
            verdict=Verdict.WRONG_ANSWER,
            message="\n".join(filter(None, (message, told, self.hint))),
            pictures=tuple(pictures),
            misconceptions=tuple(likely),
        )
