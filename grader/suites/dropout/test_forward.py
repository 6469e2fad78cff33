"""Hidden checks of task 6.1, `dropout_forward`."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import torch

from grader.judge import expect
from grader.judge.suite import Solution, Step, check
from grader.suites.dropout.masks import (
    RATES,
    all_different,
    expected_rate,
    looks_like_coins,
    passed_on,
    seed_of,
    spread,
    to_the_last_digits,
    values,
)

X = torch.tensor([1.0, -2.0, 3.0, -4.0, 5.0, -6.0, 7.0, -8.0], dtype=torch.float64)


def training(x: torch.Tensor, p: float, seed: int) -> Step:
    return Step((x, p), {"training": True, "seed": seed})


def evaluation(x: torch.Tensor, p: float, seed: int) -> Step:
    return Step((x, p), {"training": False, "seed": seed})


@check("forward-by-hand", task="6.1", points=4, visibility="visible", hint="README, section 'Inverted dropout'.")
def test_eight_values_by_hand(solution: Solution) -> None:
    for p in (0.2, 0.75):
        out, mask = solution.dropout_forward(X, p, training=True, seed=1)
        called = f"dropout_forward({X.tolist()}, {p}, training=True, seed=1), mask {mask.tolist()}: out"
        passed_on(out, X, mask, p, what=called)


@check(
    "forward-values",
    task="6.1",
    points=11,
    hint="README, section 'Inverted dropout': in training what is kept (True in the mask) is divided by 1 - p, and "
    "all else is exactly zero. Try p=0.2 and p=0.7: with p=0.5 several mistakes give the same number.",
)
def test_values_follow_the_mask(solution: Solution, draw: torch.Generator) -> None:
    for p in RATES:
        x = values(draw, 20, 30)
        out, mask = solution.dropout_forward(x, p, training=True, seed=seed_of(draw))
        # All 600 kept, or all dropped: 0.8^600, below 1e-57.
        assert bool(mask.any()) and not bool(mask.all()), f"all {mask.numel()} elements had one fate, p={p}"
        passed_on(out, x, mask, p, what="out")


@check(
    "forward-drop-rate",
    task="6.1",
    points=8,
    hint="p is the probability of dropping, for each element on its own. Count the True values of a large mask for "
    "p=0.2: about 80 % are kept. How many exactly is chance too, and differs from seed to seed.",
)
def test_number_of_dropped_elements_is_binomial(solution: Solution, draw: torch.Generator) -> None:
    def attempt() -> None:
        for p in RATES:
            _, mask = solution.dropout_forward(torch.ones(256, 400), p, training=True, seed=seed_of(draw))
            expected_rate(mask, p)
            first = seed_of(draw)
            calls = [training(torch.ones(50, 20), p, first + number) for number in range(40)]
            kept = torch.stack([mask.sum() for _, mask in solution.dropout_forward.many(calls)])
            spread(kept, 1000, p, what="elements under 40 seeds")

    expect.twice(attempt)


@check(
    "forward-one-coin-per-element",
    task="6.1",
    points=6,
    hint="Every element has a chance of its own: draw one number per element of x. Look at a mask of shape (8, 12): "
    "no row, no column, no pair of neighbours shares its fate. Nor do the values of one channel in (N, C, H, W).",
)
def test_elements_are_dropped_independently(solution: Solution, draw: torch.Generator) -> None:
    def attempt() -> None:
        for shape, p in (((256, 400), 0.2), ((320, 330), 0.7), ((8, 16, 20, 40), 0.2)):
            _, mask = solution.dropout_forward(torch.ones(shape), p, training=True, seed=seed_of(draw))
            looks_like_coins(mask, p)

    expect.twice(attempt)


@check(
    "forward-evaluation",
    task="6.1",
    points=9,
    hint="README, section 'Evaluation mode': with training=False out equals x to the last bit and the mask is True "
    "everywhere, whatever p and the seed are, also with p=1.",
)
def test_evaluation_changes_nothing(solution: Solution, draw: torch.Generator) -> None:
    x = values(draw, 12, 10)
    rates = (*RATES, 0.0, 1.0)
    results = solution.dropout_forward.many([evaluation(x, p, seed_of(draw)) for p in rates])
    for p, (out, mask) in zip(rates, results, strict=True):
        expect.identical(out, x, what=f"out in evaluation, p={p}")
        assert bool(mask.all()), f"mask in evaluation, p={p}: {int((~mask).sum())} elements are False"


@check(
    "forward-same-seed",
    task="6.1",
    points=3,
    hint="README, section 'Seeds': the mask comes from seed alone. The same call gives the same mask every time, "
    "whatever was called in between. Is each call's generator a new one, and does rand get it?",
)
def test_same_seed_gives_the_same_mask(solution: Solution, draw: torch.Generator) -> None:
    x, seed = values(draw, 12, 10), seed_of(draw)
    again = training(x, 0.3, seed)
    between = [training(x, 0.3, seed + 1), evaluation(x, 0.3, seed), training(values(draw, 7), 0.6, seed)]
    results = solution.dropout_forward.many([again, again, *between, again])
    for out, mask in (results[1], results[-1]):
        expect.identical(mask, results[0][1], what="the mask of a call with the same seed")
        expect.identical(out, results[0][0], what="the output of a call with the same seed")


@check(
    "forward-own-generator",
    task="6.1",
    points=2,
    hint="README, section 'Seeds': a call drew from PyTorch's global generator, or seeded it. torch.manual_seed "
    "changes the random numbers of everybody else; torch.Generator().manual_seed(seed) is a generator of your own.",
)
def test_global_generator_is_left_alone(solution: Solution, draw: torch.Generator) -> None:
    for mode in (True, False):
        expect.draws_by_its_seed(solution.dropout_forward, values(draw, 4, 5), 0.4, training=mode, seed=seed_of(draw))


@check(
    "forward-other-seed",
    task="6.1",
    points=3,
    hint="README, section 'Seeds': another seed gives another mask, with no likeness to the first. Do you pass the "
    "argument seed on as it is?",
)
def test_other_seeds_give_other_masks(solution: Solution, draw: torch.Generator) -> None:
    def attempt() -> None:
        for p in RATES:
            seed = seed_of(draw)
            seeds = (0, 1, seed, seed + 1, seed + 100)
            results = solution.dropout_forward.many([training(torch.ones(60, 70), p, seed) for seed in seeds])
            all_different([mask for _, mask in results], [f"seed {seed}" for seed in seeds], p)

    expect.twice(attempt)


@check(
    "forward-mask-ignores-values",
    task="6.1",
    points=3,
    hint="The mask depends on the seed and the shape, never on the values: a value that is zero, as many are after a "
    "ReLU, is kept as often as any other. Is your mask what was drawn, or is it read off the output?",
)
def test_mask_does_not_depend_on_the_values(solution: Solution, draw: torch.Generator) -> None:
    x, seed = values(draw, 20, 30), seed_of(draw)
    inputs = (x, -3 * x, x.clamp(min=0), torch.zeros_like(x))
    (_, expected), *results = solution.dropout_forward.many([training(x, 0.4, seed) for x in inputs])
    for name, (_, mask) in zip(("-3 x", "relu(x)", "zeros"), results, strict=True):
        expect.identical(mask, expected, what=f"the mask for {name} under the seed that x had")


@check(
    "forward-p-zero-and-one",
    task="6.1",
    points=4,
    hint="Both ends of [0, 1] are valid. With p=0 everything is kept as it is. With p=1 the output is zeros: what is "
    "0 / 0, and how do you keep it out?",
)
def test_both_ends_of_p(solution: Solution, draw: torch.Generator) -> None:
    # Twelve elements: whoever keeps `rand > p` loses one at p=0 with a probability of 12 / 2^24, below 1e-6.
    x = values(draw, 3, 4)
    everything, nothing = solution.dropout_forward.many([training(x, p, seed_of(draw)) for p in (0.0, 1.0)])
    expect.identical(everything[0], x, what="out with p=0")
    assert bool(everything[1].all()), "mask with p=0: some elements are False"
    expect.identical(nothing[0], torch.zeros_like(x), what="out with p=1")
    assert not bool(nothing[1].any()), "mask with p=1: some elements are True"


@check(
    "forward-shapes",
    task="6.1",
    points=2,
    hint="Scalars, empty, 3-D and transposed tensors are dropped element by element too: out and mask have the shape "
    "of x.",
)
def test_any_shape(solution: Solution, draw: torch.Generator) -> None:
    whole = values(draw, 6, 8)
    inputs = [values(draw, *shape) for shape in ((), (1,), (0,), (2, 3, 4), (3, 0, 2), (2, 2, 3, 2))]
    inputs += [whole.t(), whole[::2, 1::2]]
    results = solution.dropout_forward.many([training(x, 0.4, seed_of(draw)) for x in inputs])
    for x, (out, mask) in zip(inputs, results, strict=True):
        passed_on(out, x, mask, 0.4, what=f"out for x of shape {tuple(x.shape)}")
    # All forty scalars share a fate with a probability of 2 * 0.5^40, below 1e-11.
    first = seed_of(draw)
    results = solution.dropout_forward.many([training(inputs[0], 0.5, first + number) for number in range(40)])
    assert {bool(mask) for _, mask in results} == {True, False}, "a scalar had the same fate under 40 seeds, p=0.5"


@check(
    "forward-precision",
    task="6.1",
    points=2,
    hint="float32 in, float32 out; float64 in, float64 all the way: "
    "torch.tensor(1 - p) is float32, the Python number is not.",
)
def test_precision_of_the_input_is_kept(solution: Solution, draw: torch.Generator) -> None:
    for dtype in (torch.float32, torch.float64):
        for p in (*RATES, 0.9):
            x = values(draw, 10, 12, dtype=dtype)
            out, mask = solution.dropout_forward(x, p, training=True, seed=seed_of(draw))
            to_the_last_digits(out, x, mask, p, what=f"out in {dtype}")


@check(
    "forward-arguments-untouched",
    task="6.1",
    points=2,
    hint="A call changed x, or in training returned x's own memory. Operations that end in _ and operators like *= "
    "work in place.",
)
def test_arguments_stay_as_they_were(solution: Solution, draw: torch.Generator) -> None:
    x, seed = values(draw, 5, 6), seed_of(draw)
    expect.untouched(solution.dropout_forward, x, 0.4, training=True, seed=seed)
    expect.untouched(solution.dropout_forward, x, 0.4, may_share=["out"], training=False, seed=seed)


@check(
    "forward-value-errors",
    task="6.1",
    points=1,
    hint="A p below 0 or above 1 raises ValueError, in evaluation too.",
)
def test_invalid_p_is_refused(solution: Solution) -> None:
    for mode in (True, False):
        for p in (-0.1, 1.1):
            expect.refuses(solution.dropout_forward, X, p, training=mode, seed=1)
