"""Public tests of `blank`: small numbers that one can follow with pencil and paper."""

import pytest
from looking import pure, refuses, same, tensor


@pytest.mark.task("1.1")
def test_scale_multiplies_every_element(solution):
    got = solution.scale(tensor(1.0, -2.0), factor=3.0)
    same("scale([1, -2], factor=3)", got, tensor(3.0, -6.0), "README, section 'Worked by hand'")


@pytest.mark.task("1.1")
def test_scale_is_pure_and_refuses_a_negative_factor(solution):
    pure(solution.scale, tensor(1.0, -2.0))
    refuses(solution.scale, tensor(1.0, -2.0), factor=-1.0)
