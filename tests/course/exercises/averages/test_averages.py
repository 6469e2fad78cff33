"""Public tests of `averages`."""

import pytest
from looking import pure, refuses, same, tensor


@pytest.mark.task("1.1")
def test_centre(solution):
    got = solution.centre(tensor(1.0, 2.0, 6.0))
    same("centre([1, 2, 6])", got, {"centred": tensor(-2.0, -1.0, 3.0), "average": 3.0}, "README, 'Worked by hand'")
    pure(solution.centre, tensor(1.0, 2.0))
    refuses(solution.centre, tensor())


@pytest.mark.task("1.2")
def test_running_average(solution):
    made = solution.RunningAverage(start=5.0)
    same("update(1)", made.update(1.0), 1.0, "the docstring")
    same("update(3)", made.update(3.0), 2.0, "the docstring")
    same("count", made.count, 2, "the docstring")
