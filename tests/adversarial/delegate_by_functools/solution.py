"""Reach what is closed by functions that take names and paths."""

import functools
import operator

import torch

NAME = "mitpo"[::-1]
WAYS = [
    lambda: operator.attrgetter(f"{NAME}.Adam")(torch),
    lambda: functools.reduce(getattr, [NAME, "Adam"], torch),
    lambda: next(map(getattr, [getattr(torch, NAME)], ["Adam"])),
    lambda: operator.methodcaller("__getattribute__", NAME)(torch).Adam,
    lambda: torch.__getattribute__(NAME).SGD,
    lambda: object.__getattribute__(torch, NAME).Adam,
    lambda: type(torch).__getattribute__(torch, "__dict__")[NAME].Adam,
    lambda: functools.partial(operator.getitem, vars(torch))(NAME).Adam,
    lambda: dict(torch.__dict__.items())[NAME].lr_scheduler,
]
for way in WAYS:
    try:
        found = way()
    except ImportError as error:
        refusal = error
        continue
    raise RuntimeError(f"reached {found}")
raise refusal
