"""Unpickle the class and the function by name, by a class of its own with __reduce__, and by copyreg."""

import copyreg
import pickle

import torch

MODULE = "torch." + "mitpo"[::-1]


class Reached:
    def __reduce__(self):
        return getattr, (getattr(torch, "mitpo"[::-1]), "Adam")


WAYS = [
    lambda: pickle.loads(f"c{MODULE}\nAdam\n.".encode()),
    lambda: pickle.loads(b"\x80\x04\x8c" + bytes([len(MODULE) + 5]) + f"{MODULE}.adam".encode() + b"\x8c\x04Adam\x93."),
    lambda: pickle._Unpickler(__import__("io").BytesIO(b"N.")).find_class(MODULE, "Adam"),
    lambda: pickle.loads(pickle.dumps(Reached())),
    lambda: copyreg.__newobj__(pickle._getattribute(__import__("sys").modules[MODULE], "Adam")[0]),
]
for way in WAYS:
    try:
        found = way()
    except ImportError as error:
        refusal = error
        continue
    except (TypeError, AttributeError):  # a trap cannot be pickled
        continue
    raise RuntimeError(f"reached {found}")
raise refusal
