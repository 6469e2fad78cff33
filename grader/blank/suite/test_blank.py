"""Hidden checks of `blank`. Random inputs come from `draw` alone, so that an attempt can be repeated by its seed."""

from __future__ import annotations

import torch

from grader.judge import expect
from grader.judge.suite import Solution, check


@check("scale-values", task="1.1", points=60, hint="Every element is multiplied; see the section 'The mathematics'.")
def test_every_element_is_multiplied(solution: Solution, draw: torch.Generator) -> None:
    # 1e-15: one multiplication in float64, rounded once.
    for shape in ((), (0,), (3, 4)):
        x = torch.randn(shape, generator=draw, dtype=torch.float64)
        expect.close(solution.scale(x, factor=0.3), 0.3 * x, what=f"scale of shape {shape}", rtol=1e-15)


@check("scale-default", task="1.1", points=10, hint="Keep the default of the signature.")
def test_the_default_is_kept(solution: Solution, draw: torch.Generator) -> None:
    x = torch.randn(3, generator=draw, dtype=torch.float64)
    expect.close(solution.scale(x), 2.0 * x, what="scale without a factor", rtol=1e-15)


@check("scale-argument-untouched", task="1.1", points=10, hint="Return a new tensor; operations like *= change x.")
def test_the_argument_is_left_alone(solution: Solution, draw: torch.Generator) -> None:
    expect.untouched(solution.scale, torch.randn(3, generator=draw, dtype=torch.float64))


@check("scale-value-error", task="1.1", points=20, hint="The docstring says what is refused.")
def test_a_negative_factor_is_refused(solution: Solution) -> None:
    expect.refuses(solution.scale, torch.ones(2), factor=-1.0)
