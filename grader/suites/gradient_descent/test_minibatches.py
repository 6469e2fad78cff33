"""Hidden checks of task 1.5, `minibatches`."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from grader.judge import expect
from grader.judge.suite import Solution, Step, check

# Which permutations come is the student's generator's affair; that they are as good as random is tested on so many
# seeds. 400 calls are 50 for each of 8 samples.
SEEDS = 400
# Chi-square with 7 degrees of freedom exceeds 46 with probability 9e-8. A Sattolo shuffle, in which sample 0 never
# comes first, has 64 in the mean; an order that is never shuffled has 2800.
CHI_SQUARE = 46.0
# The largest of 28 normal variables exceeds 6.5 in size with probability 28 * 8e-11 = 2e-9. A list that is only rotated
# has 13, batches that are only put in another order 23.
DEVIATION = 6.5


def new_seeds(draw: torch.Generator, count: int) -> list[int]:
    """Return seeds as a caller may choose them: small ones in a row, then any."""
    drawn = torch.randint(1_000, 2**31, (count - 10,), generator=draw).tolist()
    return [*range(10), *(int(seed) for seed in drawn)]


def epochs(solution: Solution, num_samples: int, batch_size: int, seeds: Sequence[int], **settings: Any) -> list[Any]:
    """Return the batches for each of the seeds."""
    steps = [Step((num_samples, batch_size), {"seed": seed, **settings}) for seed in seeds]
    results: list[Any] = solution.minibatches.many(steps)
    return results


def joined(batches: Sequence[Tensor]) -> list[int]:
    """Return all indices of all batches, one after another."""
    return [int(index) for batch in batches for index in batch]


@check("batches-partition", task="1.5", points=3, visibility="visible", hint="The docstring, under Returns.")
def test_every_index_occurs_exactly_once(solution: Solution) -> None:
    cases = [(num_samples, 5) for num_samples in range(10, 16)]
    cases += [(num_samples, batch_size) for num_samples in (1, 2, 7) for batch_size in range(1, num_samples + 2)]
    results = solution.minibatches.many([Step(case, {"seed": 3}) for case in cases])
    for (num_samples, batch_size), batches in zip(cases, results, strict=True):
        found = sorted(joined(batches))
        called = f"minibatches({num_samples}, {batch_size}, seed=3)"
        assert found == list(range(num_samples)), f"{called}: all indices in order are {found}"


@check(
    "batches-sizes",
    task="1.5",
    points=2,
    hint="All batches have batch_size indices, except the last one, which has what is left over: 12 samples in batches "
    "of 5 are 5, 5 and 2. A batch_size above num_samples gives one batch with all samples.",
)
def test_sizes(solution: Solution, draw: torch.Generator) -> None:
    sizes = [(12, 5), (10, 5), (11, 5), (14, 5), (6, 1), (6, 6), (6, 7), (1, 1), (1, 9), (100, 32)]
    seed = new_seeds(draw, 11)[-1]
    results = solution.minibatches.many([Step(case, {"seed": seed}) for case in sizes])
    for (num_samples, batch_size), batches in zip(sizes, results, strict=True):
        found = [len(batch) for batch in batches]
        wanted = [min(batch_size, num_samples - start) for start in range(0, num_samples, batch_size)]
        assert found == wanted, f"minibatches({num_samples}, {batch_size}): sizes {found}, expected {wanted}"


@check(
    "batches-drop-last",
    task="1.5",
    points=2,
    hint="drop_last=True leaves out a last batch that is short, and nothing else: where the samples fill all batches, "
    "none is dropped; where they do not fill one, the list is empty.",
)
def test_drop_last(solution: Solution, draw: torch.Generator) -> None:
    sizes = [(12, 5), (10, 5), (14, 5), (6, 1), (6, 6), (6, 7), (1, 1)]
    seed = new_seeds(draw, 11)[-1]
    results = solution.minibatches.many([Step(case, {"seed": seed, "drop_last": True}) for case in sizes])
    for (num_samples, batch_size), batches in zip(sizes, results, strict=True):
        called = f"minibatches({num_samples}, {batch_size}, drop_last=True)"
        found, wanted = [len(batch) for batch in batches], [batch_size] * (num_samples // batch_size)
        assert found == wanted, f"{called}: sizes {found}, expected {wanted}"
        indices = joined(batches)
        assert len(set(indices)) == len(indices), f"{called}: an index occurs twice in {sorted(indices)}"
        assert set(indices) <= set(range(num_samples)), f"{called}: indices {sorted(indices)}"


@check(
    "batches-same-seed",
    task="1.5",
    points=1,
    hint="The same seed must give the same batches, whatever was called in between. Draw from "
    "torch.Generator().manual_seed(seed), not from torch's global generator.",
)
def test_same_seed_gives_the_same_batches(solution: Solution, draw: torch.Generator) -> None:
    seed, other = new_seeds(draw, 12)[-2:]
    first, _, again = epochs(solution, 40, 7, [seed, other, seed])
    assert joined(first) == joined(again), f"seed {seed} gave other batches the second time"
    expect.repeats(solution.minibatches, 40, 7, seed=seed, drop_last=True)


@check(
    "batches-own-generator",
    task="1.5",
    points=1,
    hint="torch.manual_seed(seed) makes your batches repeatable, but sets back the random numbers of everybody else in "
    "the program. Make a generator of your own and hand it to the function that draws.",
)
def test_the_global_generator_is_left_alone(solution: Solution, draw: torch.Generator) -> None:
    for seed in new_seeds(draw, 12)[-2:]:
        expect.draws_by_its_seed(solution.minibatches, 20, 6, seed=seed)


@check(
    "batches-other-seed",
    task="1.5",
    points=1,
    hint="Another seed must give another order: pass the epoch's number as seed, and every epoch sees the samples "
    "anew.",
)
def test_other_seeds_give_other_batches(solution: Solution, draw: torch.Generator) -> None:
    # Of 30 permutations of 40 samples, two are equal with probability 435 / 40! = 5e-46.
    orders = [tuple(joined(batches)) for batches in epochs(solution, 40, 7, new_seeds(draw, 30))]
    assert len(set(orders)) == len(orders), f"{len(orders)} seeds gave {len(set(orders))} orders"


@check(
    "batches-shuffled",
    task="1.5",
    points=3,
    hint="Over 400 seeds every sample should come first about equally often, and any two samples should share a batch "
    "about equally often. Shuffle the samples; to shuffle whole batches, or to start at another place, is not enough.",
)
def test_samples_are_shuffled_evenly(solution: Solution, draw: torch.Generator) -> None:
    num_samples, batch_size = 8, 4
    results = epochs(solution, num_samples, batch_size, new_seeds(draw, SEEDS))
    orders = torch.tensor([joined(batches) for batches in results])
    assert orders.shape == (SEEDS, num_samples), f"got {tuple(orders.shape)} indices"
    first = torch.bincount(orders[:, 0], minlength=num_samples).double()
    even = SEEDS / num_samples
    chi_square = float(((first - even) ** 2 / even).sum())
    assert chi_square <= CHI_SQUARE, f"sample by sample first: {first.tolist()} times, chi-square {chi_square:.1f}"
    # A table of 1 where a sample is in the first batch, else 0; two samples are together if both have the same.
    in_first = torch.zeros(SEEDS, num_samples, dtype=torch.float64).scatter_(1, orders[:, :batch_size], 1.0)
    together = in_first.t() @ in_first + (1 - in_first).t() @ (1 - in_first)
    share = (batch_size - 1) / (num_samples - 1)
    deviation = (together - SEEDS * share) / (SEEDS * share * (1 - share)) ** 0.5
    worst = float(deviation.masked_fill(torch.eye(num_samples, dtype=torch.bool), 0.0).abs().max())
    assert worst <= DEVIATION, f"two samples share a batch {worst:.1f} standard deviations off"


@check(
    "batches-dropped-at-random",
    task="1.5",
    points=1,
    hint="With drop_last it should be others that are left out with another seed. If the last samples of the data are "
    "cut off before the shuffle, no epoch ever sees them.",
)
def test_which_samples_are_dropped_is_random(solution: Solution, draw: torch.Generator) -> None:
    # Each of 5 samples is left out with probability 1 / 5: one of them never in 100 epochs, 5 * 0.8^100 = 1e-9.
    left_out: set[int] = set()
    for batches in epochs(solution, 5, 2, new_seeds(draw, 100), drop_last=True):
        left_out |= set(range(5)) - set(joined(batches))
    assert left_out == set(range(5)), f"over 100 seeds only {sorted(left_out)} were ever left out"


@check(
    "batches-value-errors",
    task="1.5",
    points=1,
    hint="A batch_size of 0 or less cuts nothing, and 0 samples are none to learn from. The docstring says what to do "
    "about it, under Raises.",
)
def test_invalid_sizes_are_refused(solution: Solution) -> None:
    for num_samples, batch_size in ((5, 0), (5, -1), (0, 5), (-1, 5)):
        expect.refuses(solution.minibatches, num_samples, batch_size, seed=0)
