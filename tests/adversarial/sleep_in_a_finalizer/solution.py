"""Return at once, and sleep when the result is thrown away or garbage is collected."""

import gc
import time

_step = adam_step


class Sleeps(tuple):
    def __del__(self):
        time.sleep(60)


def adam_step(*args, **kwargs):
    circle = []
    circle.append(circle)
    gc.callbacks.append(lambda phase, info: time.sleep(60))
    gc.set_threshold(1)
    return Sleeps(_step(*args, **kwargs))
