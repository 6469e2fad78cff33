"""Look for hidden material among the loaded modules, the frames and all objects."""

import gc
import sys

loaded = [name for name in sys.modules if name.startswith(("grader.suites", "grader.judge", "grader.store", "pytest"))]
if loaded:
    raise RuntimeError(f"loaded {loaded}")


def words():
    frame = sys._getframe()
    while frame.f_globals is globals():
        frame = frame.f_back
    while frame is not None:
        yield from (f"{name}={value!r:.500}" for name, value in list(frame.f_locals.items()))
        frame = frame.f_back


def look():
    """Return what holds one of the words that only the hidden side uses."""
    secret = "-".join(["gradescent", "hidden", "canary"])
    held = [value for one in gc.get_objects() if type(one) is dict for value in list(one.values())]
    held += [value for one in gc.get_objects() if type(one) in (list, tuple) for value in one]
    texts = [text for text in held if type(text) is str and text != secret]
    return [text[:100] for text in [*texts, *words()] if secret in text or "killed_by" in text]


_step, _looked = adam_step, []


def adam_step(*args, **kwargs):
    if not _looked:
        _looked.append(True)
        if found := look():
            raise RuntimeError(f"found {found}")
    return _step(*args, **kwargs)
