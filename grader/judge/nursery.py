"""The nursery: one process with torch and pytest warm, from which the judge of every suite is forked.

Run as `python -m grader.judge.nursery FD`, with a Unix socket to the worker as FD. Each message on it brings the
descriptor of a line; the judge that is forked is served over that line.
"""

from __future__ import annotations

import contextlib
import gc
import os
import socket
import sys
from typing import NoReturn

import torch

from grader.judge import warm
from grader.sandbox.kernel import gather_memory
from grader.sandbox.messages import receive_message, send_message
from grader.sandbox.warmth import warm_torch


def main() -> None:
    """Warm up, then fork judges until the worker hangs up."""
    master = socket.socket(fileno=int(sys.argv[1]))
    if receive_message(master) is None:
        return
    warm_torch()
    _warm_twins()
    gc.collect()
    gc.freeze()
    gather_memory()
    send_message(master, {"ready": True})
    while (received := receive_message(master, max_handles=1)) is not None:
        line = socket.socket(fileno=received[1][0])
        if os.fork() == 0:
            master.close()
            _be_a_judge(line)
        line.close()
        warm.reap_finished()


def _warm_twins() -> None:
    """Set up what suites compare with: the first optimizer of a process imports a second's worth of modules."""
    parameter = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([parameter], lr=0.1)
    torch.optim.lr_scheduler.StepLR(optimizer, 1)
    torch.nn.functional.mse_loss(parameter, torch.ones(1))


def _be_a_judge(line: socket.socket) -> NoReturn:
    status = 1
    try:
        status = warm.serve(line)
    except BrokenPipeError:
        status = 0  # the worker went away while this judge warmed up
    finally:
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    torch.set_num_threads(1)
    with contextlib.suppress(BrokenPipeError):  # the worker went away while this process warmed up
        main()
