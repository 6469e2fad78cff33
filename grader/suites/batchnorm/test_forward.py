"""Hidden checks of task 5.1, `batchnorm_forward`."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import torch

from grader.judge import expect
from grader.judge.suite import Solution, check
from grader.suites.batchnorm.twins import (
    FLOAT32,
    FLOAT64,
    MEND_BY_HAND_FIRST,
    STATISTICS,
    Layer,
    by_torch,
    follow,
    layer,
    normal,
)


def _numbers(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


BY_HAND = Layer(
    x=torch.stack([_numbers(2.0, 8.0, 8.0, 10.0), _numbers(3.0, 0.0, 0.0, 1.0)], dim=1),
    weight=_numbers(3.0, 0.5),
    bias=_numbers(-1.0, 2.0),
    running_mean=_numbers(0.0, 1.0),
    running_var=_numbers(1.0, 4.0),
)


@check(
    "batchnorm-by-hand",
    task="5.1",
    points=6,
    visibility="visible",
    hint="README, section 'Worked by hand'. Each column of x is a channel: mean and variance run down the column.",
)
def test_numbers_by_hand(solution: Solution) -> None:
    follow(solution, [BY_HAND], only=["out"], training=True)


@check(
    "batchnorm-two-samples",
    task="5.1",
    points=5,
    hint=MEND_BY_HAND_FIRST + "With two values per channel it shows which variance normalises them: README, section "
    "'Two variances'.",
)
def test_a_batch_of_two_is_normalised_with_the_biased_variance(solution: Solution, draw: torch.Generator) -> None:
    pair = layer(draw, (2, 3))
    follow(solution, [pair, pair._replace(x=pair.x * 100)], only=["out"], training=True)


@check(
    "batchnorm-eps",
    task="5.1",
    points=5,
    hint=MEND_BY_HAND_FIRST + "Where the variance is small, eps matters: the caller's own, under the root, in training "
    "and in evaluation alike. Without one it is the stub's default. Try eps=0.1 yourself.",
)
def test_eps_stands_under_the_root(solution: Solution, draw: torch.Generator) -> None:
    given = layer(draw, (5, 3))
    quiet = given._replace(x=given.x * 0.1, running_var=given.running_var * 0.1)
    follow(solution, [quiet], only=["out"], training=True, eps=0.1)
    follow(solution, [quiet], only=["out"], training=False, eps=0.1)
    follow(solution, [given._replace(x=given.x * 3e-3)], only=["out"], defaults=True, training=True)


@check(
    "batchnorm-images",
    task="5.1",
    points=7,
    hint="README, section 'Vectors and images'. A channel of (N, C, H, W) has one mean over N, H and W together, also "
    "when N is 1. Transposed and strided inputs are welcome too: .view() refuses them, .reshape() does not, and "
    "neither moves the channels to another place.",
)
def test_images_have_one_mean_per_channel(solution: Solution, draw: torch.Generator) -> None:
    images, single, wide = layer(draw, (2, 3, 2, 5)), layer(draw, (1, 2, 4, 3)), layer(draw, (4, 6))
    narrow = layer(draw, (3, 1, 2, 2))
    strided = Layer(wide.x[:, ::2], *(value[::2] for value in wide[1:]))
    last = images._replace(x=images.x.contiguous(memory_format=torch.channels_last))
    turned = wide._replace(x=wide.x.t().contiguous().t())
    follow(solution, [images, single, narrow, last, turned, strided], only=["out"], training=True)


@check(
    "batchnorm-evaluation",
    task="5.1",
    points=6,
    hint="README, section 'Training and evaluation'. With training=False the batch says nothing about the mean and the "
    "variance: the running statistics do, for a single sample as for many.",
)
def test_evaluation_uses_the_running_statistics(solution: Solution, draw: torch.Generator) -> None:
    shapes = [(5, 3), (1, 4), (2, 3, 2, 5), (1, 2, 1, 1)]
    follow(solution, [layer(draw, shape) for shape in shapes], only=["out"], training=False)


@check(
    "batchnorm-evaluation-keeps-statistics",
    task="5.1",
    points=4,
    hint="Evaluation learns nothing from what it sees: with training=False the running statistics come back bit for "
    "bit.",
)
def test_evaluation_keeps_the_running_statistics(solution: Solution, draw: torch.Generator) -> None:
    for shape in ((5, 3), (2, 3, 2, 5)):
        given = layer(draw, shape)
        _, mean, var, _ = solution.batchnorm_forward(*given, training=False, momentum=0.3, eps=0.1)
        expect.identical(mean, given.running_mean, what=f"running_mean, x of shape {shape}, training=False")
        expect.identical(var, given.running_var, what=f"running_var, x of shape {shape}, training=False")


@check(
    "batchnorm-running-statistics",
    task="5.1",
    points=6,
    hint="Seven batches, each on the statistics of the one before, then default settings. README, section 'Training "
    "and evaluation': which share do the old statistics keep, and what exactly is averaged?",
)
def test_running_statistics_over_seven_batches(solution: Solution, draw: torch.Generator) -> None:
    given = layer(draw, (4, 3))
    for number, size in enumerate((4, 9, 2, 5, 3, 7, 6), 1):
        batch = normal(draw, (size, 3)) * (0.5 * number) + number
        given = _after(solution, given._replace(x=batch), f"batch {number} of 7", momentum=0.3)
    for number, batch in enumerate((normal(draw, (4, 3)) + 5, normal(draw, (2, 3, 1, 4)) - 5), 1):
        given = _after(solution, given._replace(x=batch), f"default momentum, batch {number} of 2")


def _after(solution: Solution, given: Layer, what: str, **settings: float) -> Layer:
    """Return the layer with the solution's running statistics after a batch, which must be PyTorch's."""
    _, mean, var, _ = solution.batchnorm_forward(*given, training=True, **settings)
    _, wanted_mean, wanted_var = by_torch(given, training=True, **settings)
    expect.close(mean, wanted_mean, what=f"{what}: running_mean", rtol=FLOAT64)
    expect.close(var, wanted_var, what=f"{what}: running_var", rtol=FLOAT64)
    return given._replace(running_mean=mean, running_var=var)


@check(
    "batchnorm-running-variance",
    task="5.1",
    points=4,
    hint="README, section 'Two variances': which one is kept, and how many values does it count? For images n is N * H "
    "* W. Also try momentum=1, which keeps nothing of the old, and momentum=0, which takes nothing of the new.",
)
def test_the_unbiased_variance_is_kept(solution: Solution, draw: torch.Generator) -> None:
    given = [layer(draw, shape) for shape in ((2, 3), (2, 3, 1, 2), (1, 2, 3, 1), (3, 2, 2, 4))]
    follow(solution, given, only=["running_var"], training=True, momentum=1.0)
    follow(solution, given, only=STATISTICS, training=True, momentum=0.0)


@check(
    "batchnorm-constant-feature",
    task="5.1",
    points=2,
    hint="One channel has the same value in the whole batch, so its variance is zero. What do you divide by?",
)
def test_a_constant_channel_stays_finite(solution: Solution, draw: torch.Generator) -> None:
    vectors, images = layer(draw, (6, 3)), layer(draw, (2, 3, 2, 2))
    vectors.x[:, 1] = vectors.x[0, 1].clone()
    images.x[:, 2] = images.x[0, 2, 0, 0].clone()
    # The mean of equal values may round by 1e-15 or so, which 1 / sqrt(eps) = 316 makes 1e-12 in out at most.
    follow(solution, [vectors, images], training=True, atol=1e-9)


@check(
    "batchnorm-large-mean",
    task="5.1",
    points=2,
    hint="Values near a million with a spread near one. The mean of the squares minus the square of the mean is the "
    "variance on paper; on a computer nearly all digits cancel. Subtract the mean first, then square.",
)
def test_a_large_mean_costs_no_digits(solution: Solution, draw: torch.Generator) -> None:
    given = layer(draw, (24, 3))
    offset = 2.0**20
    far = given._replace(x=given.x + offset)
    near = given._replace(x=far.x - offset)  # exact: what far.x really holds, seen from near by
    out, _, var, _ = solution.batchnorm_forward(*far, training=True, momentum=1.0, eps=0.01)
    wanted, _, wanted_var = by_torch(near, training=True, momentum=1.0, eps=0.01)
    # Adding 24 values of 1e6 one by one rounds the mean by 2e-9 at worst, which a spread of 0.5 makes 4e-9 in out.
    # Squares of 1e6 round by 1e-4: the cancelling formula is off by 1e-5 or more.
    expect.close(out, wanted, what="x near 1e6: out", rtol=1e-7)
    expect.close(var, wanted_var, what="x near 1e6: running_var with momentum=1", rtol=1e-7)


@check(
    "batchnorm-one-value",
    task="5.1",
    points=3,
    hint="The docstring, under Raises: a single value per channel has no variance, so training refuses it with "
    "ValueError. One image of several pixels has enough, and evaluation takes anything.",
)
def test_one_value_per_channel_is_refused_in_training(solution: Solution, draw: torch.Generator) -> None:
    for shape in ((1, 3), (1, 3, 1, 1)):
        given = layer(draw, shape)
        expect.refuses(solution.batchnorm_forward, *given, training=True)
        _accepts(solution, given, training=False)
    for shape in ((2, 3), (1, 3, 1, 2), (2, 3, 1, 1)):
        _accepts(solution, layer(draw, shape), training=True)


def _accepts(solution: Solution, given: Layer, *, training: bool) -> None:
    """Assert that a call is not refused; what comes of it is for other checks."""
    try:
        solution.batchnorm_forward(*given, training=training)
    except ValueError as error:
        raise AssertionError(f"x of shape {tuple(given.x.shape)}, training={training}: {error}") from None


@check(
    "batchnorm-value-errors",
    task="5.1",
    points=1,
    hint="The docstring, under Raises, lists which settings are invalid and raise ValueError; momentum = 0 and 1 are "
    "valid ones.",
)
def test_invalid_settings_are_refused(solution: Solution, draw: torch.Generator) -> None:
    given = layer(draw, (4, 3))
    for invalid in ({"eps": -0.1}, {"eps": 0.0}, {"momentum": -0.1}, {"momentum": 1.1}):
        expect.refuses(solution.batchnorm_forward, *given, training=True, **invalid)
    for valid in (0.0, 1.0):
        follow(solution, [given], only=["running_mean"], training=True, momentum=valid)


@check(
    "batchnorm-arguments-untouched",
    task="5.1",
    points=3,
    hint="A call changed one of its arguments (the running statistics are arguments too), returned an argument's own "
    "memory, or gave another result to the same call. Operations that end in _ and operators like += work in place, "
    "and nothing may be remembered between calls but by the caller.",
)
def test_arguments_stay_as_they_were(solution: Solution, draw: torch.Generator) -> None:
    for shape in ((5, 3), (2, 3, 2, 2)):
        given = layer(draw, shape)
        expect.untouched(solution.batchnorm_forward, *given, training=True)
        expect.untouched(solution.batchnorm_forward, *given, may_share=STATISTICS, training=False)
        first = solution.batchnorm_forward(*given, training=True)
        solution.batchnorm_forward(*layer(draw, shape), training=True)
        again = solution.batchnorm_forward(*given, training=True)
        for name, was, now in zip(("out", *STATISTICS), first, again, strict=False):
            expect.identical(now, was, what=f"{name} of the same call, after another one")


@check(
    "batchnorm-precision",
    task="5.1",
    points=1,
    hint=MEND_BY_HAND_FIRST
    + "float32 in, float32 out; float64 in, float64 all the way. Look for .float(), torch.zeros(...) without a dtype "
    "and other places where float32 slips in.",
)
def test_precision_of_the_input_is_kept(solution: Solution, draw: torch.Generator) -> None:
    for training in (True, False):
        for shape in ((8, 3), (2, 3, 2, 2)):
            given = layer(draw, shape)
            follow(solution, [given.to(torch.float32)], rtol=FLOAT32, training=training, eps=0.1)
            follow(solution, [given], training=training, eps=0.1)
