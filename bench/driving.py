"""What it costs that a student's Adam lives in another process: the same training loop with the step driven across the
wire in the sandbox, and with the very same hand-written step called in this process.

    .venv/bin/python bench/driving.py [--steps 60] [--rounds 7]

A tanh network of 100,000 parameters, float32, batches of 128, one thread on each side; the loops take turns.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from measure import machine, table

from grader.catalog import load_exercise
from grader.comparison.experiments.stepping import StudentsSteps, descend, same_settings
from grader.comparison.networks import Mlp
from grader.comparison.problems import Fitting, Labelled, batches
from grader.domain.submission import SourceFile
from grader.evaluate import start_zygote
from grader.judge.channel import GuestChannel
from grader.judge.in_the_open import OpenChannel
from grader.judge.optimizers import Rule
from grader.judge.reference import load_module
from grader.judge.suite import Channel, Solution
from grader.settings import REPOSITORY, read_settings

NETWORK = Mlp((64, 248, 248, 86))
BATCH = 128
MOMENTS = ("exp_avg", "exp_avg_sq")
ADAM = Rule("adam_step", torch.optim.Adam, MOMENTS, MOMENTS, counts_steps=True)


class InProcess:
    """The hand-written step called as a student's own loop would: on its own tensors, no wire and no copies."""

    def __init__(self, step: Callable[..., tuple[torch.Tensor, ...]], params: list[torch.Tensor]) -> None:
        self._step = step
        self._carried = [(param, torch.zeros_like(param), torch.zeros_like(param)) for param in params]

    def step(self, grads: list[torch.Tensor], number: int, settings: Any) -> list[torch.Tensor]:
        self._carried = [
            self._step(param, grad, *state, number, **settings)  # type: ignore[misc]  # three tensors, as Adam returns
            for (param, *state), grad in zip(self._carried, grads, strict=True)
        ]
        return [carried[0] for carried in self._carried]


def main() -> None:
    """Measure both loops in turn and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    torch.set_num_threads(1)
    exercise = load_exercise(REPOSITORY / "exercises" / "adaptive")
    suite = REPOSITORY / "grader" / "suites" / "adaptive"
    reference = load_module(suite / "reference.py")
    files = [SourceFile("adaptive.py", (suite / "reference.py").read_bytes())]
    draw = torch.Generator().manual_seed(0)
    x, labels = torch.randn((1024, 64), generator=draw), torch.randint(86, (1024,), generator=draw)
    rows = batches(1024, BATCH, options.steps, draw)
    problem = Fitting(NETWORK, Labelled(x, labels, x, labels, 86), rows, NETWORK.start(draw, torch.float32))
    settings = same_settings(options.steps, lr=0.001)
    zygote = start_zygote(read_settings())
    with zygote.open_session() as session:
        channel = GuestChannel(session, exercise, files, seconds=600)
        channel.load()

        def driven(through: Channel) -> Callable[[], Any]:
            solution = Solution(through, exercise, reference)
            return lambda: descend(problem, StudentsSteps(ADAM, solution, problem.params, whole=False), settings)

        loops: dict[str, Callable[[], Any]] = {
            "hand-written step in process": lambda: descend(
                problem, InProcess(reference["adam_step"], problem.params), settings
            ),
            "the judge's loop, step in process": driven(OpenChannel(reference)),
            "the judge's loop, step across the wire": driven(channel),
        }
        told: dict[str, list[float]] = {name: [] for name in loops}
        runs = {}
        for number in range(options.rounds + 1):
            for name, loop in loops.items():
                started = time.perf_counter()
                runs[name] = loop()
                if number:  # the first round warms up
                    told[name].append((time.perf_counter() - started) / options.steps * 1000)
        channel.close()
    zygote.close()
    first, *others = (run.states[-1] for run in runs.values())
    assert all(torch.equal(first[name], other[name]) for other in others for name in first), "all end at the same place"
    count = sum(param.numel() for param in problem.params)
    base = statistics.median(told["hand-written step in process"])
    print(f"{count:,} parameters, batches of {BATCH}, {options.steps} steps, medians of {options.rounds} rounds.")
    print(f"{machine(zygote.tier)}\n")
    medians = {name: statistics.median(times) for name, times in told.items()}
    rows_told = [[name, f"{median:.2f}", f"{median / base:.2f}"] for name, median in medians.items()]
    print(table(["loop", "ms per step", "ratio"], rows_told))


if __name__ == "__main__":
    main()
