"""Send itself what ends a process in its most unusual ways."""

import os
import signal
import threading


def adam_step(param, grad, exp_avg, exp_avg_sq, step, *, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    for number in (signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGSYS, signal.SIGTRAP, signal.SIGXFSZ, signal.SIGRTMAX):
        signal.signal(number, signal.SIG_DFL)
    for number in (signal.SIGSEGV, signal.SIGSYS, signal.SIGRTMAX):
        signal.raise_signal(number)
        signal.pthread_kill(threading.get_ident(), number)
    os.abort()
