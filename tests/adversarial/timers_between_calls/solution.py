"""Have a signal's handler run while the guest waits for its next question, and raise there."""

import os
import signal
import time


def interrupt(*_):
    os.write(3, b"GDS1 between two calls")
    raise KeyboardInterrupt


def adam_step(param, grad, exp_avg, exp_avg_sq, step, *, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    signal.signal(signal.SIGPROF, interrupt)
    signal.setitimer(signal.ITIMER_PROF, 0.001, 0.001)
    time.sleep(0.05)
    return param, exp_avg, exp_avg_sq
