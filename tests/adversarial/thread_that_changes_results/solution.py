"""A thread grows, shrinks and overwrites what was returned while it is being sent, and long after."""

import threading
import time

_step, given = adam_step, []


def meddle():
    while True:
        for value in list(given[-30:]):
            value.fill_(float("nan"))
            value.untyped_storage().resize_(8)
            value.untyped_storage().resize_(8 * max(1, value.numel()))
        time.sleep(0)


threading.Thread(target=meddle, daemon=True).start()


def adam_step(*args, **kwargs):
    results = tuple(value.clone() for value in _step(*args, **kwargs))
    given.extend(results)
    time.sleep(0.001)
    return results
