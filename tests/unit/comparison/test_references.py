"""The reference's replicates are computed once for all that they depend on."""

from __future__ import annotations

from dataclasses import replace

import torch

from grader.comparison.finding import World
from grader.comparison.references import device_class, references


class Counted:
    """Computes replicates and counts how often."""

    times = 0

    def __call__(self) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        self.times += 1
        draw = torch.Generator().manual_seed(self.times)
        return torch.randn((2, 3, 1), generator=draw, dtype=torch.float64), {"loss": torch.rand((6, 4), generator=draw)}


def test_what_was_computed_is_found_again_to_the_last_digit(world: World) -> None:
    compute = Counted()
    first, again = (references(world, "dropout-0", compute) for _ in range(2))
    assert compute.times == 1
    assert torch.equal(first.values, again.values)
    assert first.curves == again.curves


def test_another_version_name_or_data_set_is_computed_anew(world: World) -> None:
    compute = Counted()
    for other in (world, replace(world, version="2"), replace(world, data="digits")):
        references(other, "dropout-0", compute)
    references(world, "dropout-1", compute)
    assert compute.times == 4


def test_another_seed_of_a_submission_changes_nothing(world: World) -> None:
    compute = Counted()
    references(world, "dropout-0", compute)
    references(replace(world, seed=99), "dropout-0", compute)
    assert compute.times == 1


def test_a_file_that_was_cut_short_is_computed_again(world: World) -> None:
    compute = Counted()
    references(world, "dropout-0", compute)
    (path,) = (world.folder / "references").glob("*.json")
    path.write_text(path.read_text()[:100])
    references(world, "dropout-0", compute)
    assert compute.times == 2


def test_the_band_lies_around_the_median(world: World) -> None:
    low, middle, high = references(world, "dropout-0", Counted()).curves["loss"]
    assert len(low) == len(middle) == len(high) == 4
    assert all(one <= two <= three for one, two, three in zip(low, middle, high, strict=True))


def test_a_cpu_is_told_by_what_it_can() -> None:
    assert device_class(torch.device("cpu")).startswith("cpu ")
