"""The floor that no grader gets below: the hidden tests, warm, in one process, without a fork and without any wall.

Run as `python bench/floor.py FD EXERCISE SUITE`, with a Unix socket as FD. It warms up as a judge does, says that it
is ready, and answers each `{"solution": file, "seeds": [...]}` with one run per seed: `[wall, processor, failed]`.
"""

from __future__ import annotations

import gc
import socket
import sys
import time
from pathlib import Path

import pytest
import torch

from grader.catalog import load_exercise
from grader.judge.in_the_open import OpenChannel
from grader.judge.plugin import in_turn, run_item
from grader.judge.reference import load_module
from grader.judge.warm import WarmJudge, forget_fixtures
from grader.sandbox.messages import receive_message, send_message
from grader.sandbox.warmth import warm_torch


class Floor(WarmJudge):
    """A warm judge that runs its tests itself."""

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._warm_up(session)
        gc.collect()
        gc.freeze()
        gc.disable()  # as in a job
        send_message(self._master, {"ready": True})
        while (received := receive_message(self._master)) is not None:
            order = received[0]
            self._plugin.channel = OpenChannel(load_module(Path(order["solution"])))
            send_message(self._master, {"runs": [self._run(session.items, seed) for seed in order["seeds"]]})
            gc.collect()
        return True

    def _run(self, items: list[pytest.Item], seed: int) -> tuple[float, float, int]:
        self._plugin.seed = seed
        for item in items:
            forget_fixtures(item)
        wall, used = time.perf_counter(), time.process_time()
        failed = sum(_fails(item, following) for item, following in in_turn(items))
        return time.perf_counter() - wall, time.process_time() - used, failed


def _fails(item: pytest.Item, following: pytest.Item | None) -> bool:
    try:
        run_item(item, following)
    except (Exception, pytest.fail.Exception):  # noqa: BLE001 - whatever it is, the check is not passed
        return True
    return False


def main() -> None:
    torch.set_num_threads(1)
    master = socket.socket(fileno=int(sys.argv[1]))
    warm_torch()
    exercise, suite = map(Path, sys.argv[2:])
    sys.exit(Floor(master, load_exercise(exercise), suite).run())


if __name__ == "__main__":
    main()
