"""What a student's code can do to a call, as exceptions of the judge. Never raised for a fault of ours.

SolutionFault                   carries the verdict and the words for the student
├── SolutionRaised              the function raised; also an instance of the builtin exception that it raised
├── SolutionStopped             it ended or was ended: time, memory or output limit, os._exit, a crash
└── ResultRefused               it returned something that is not what the exercise asks for
"""

from __future__ import annotations

from grader.domain.verdict import Verdict


class SolutionFault(Exception):
    """Something that the student's code did. `str()` is fit for the student: it holds no hidden value."""

    def __init__(self, verdict: Verdict, message: str) -> None:
        super().__init__(message)
        self.verdict = verdict

    def __str__(self) -> str:
        return str(self.args[0])  # KeyError, a base class of one of these, would quote it


class SolutionRaised(SolutionFault):
    """The student's function raised an exception."""


class SolutionStopped(SolutionFault):
    """The student's process ended, or had to be ended, before it answered."""


class ResultRefused(SolutionFault):
    """The function returned something of the wrong kind, shape or dtype."""

    def __init__(self, message: str) -> None:
        super().__init__(Verdict.WRONG_ANSWER, message)


_KNOWN: tuple[type[Exception], ...] = (
    ArithmeticError,
    AttributeError,
    IndexError,
    KeyError,
    NameError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    ValueError,
    ZeroDivisionError,
)
_RAISED: dict[str, type[SolutionRaised]] = {
    known.__name__: type(f"Solution{known.__name__}", (SolutionRaised, known), {}) for known in _KNOWN
}


def raised(lineage: list[str], message: str) -> SolutionRaised:
    """Return the fault for an exception whose class and base classes are named, nearest first.

    A suite can then write `pytest.raises(ValueError)` around a call, and the judge still knows whose error it was.
    """
    kind = next((_RAISED[name] for name in lineage if name in _RAISED), SolutionRaised)
    return kind(Verdict.RUNTIME_ERROR, message)
