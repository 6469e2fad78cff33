"""Stop: neither answer nor end, so that somebody waits. Where it is process 1 of its namespace it cannot be stopped."""

import os
import signal

_step = adam_step


def adam_step(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGSTOP)
    return _step(*args, **kwargs)
