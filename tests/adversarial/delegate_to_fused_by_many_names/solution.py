"""One operator has many names in Python; whichever is used, the operator refuses."""

import operator

import torch

NAME = "_mada_desuf_"[::-1]
zero = torch.zeros(2, dtype=torch.float64)
lists = ([zero.clone()], [zero.clone()], [zero.clone()], [zero.clone()], [], [torch.ones(())])
options = dict(lr=0.1, beta1=0.9, beta2=0.99, weight_decay=0.0, eps=1e-8, amsgrad=False, maximize=False)
C = getattr(torch, "C_"[::-1])


def from_private(*names):
    found = C
    for name in names:
        found = getattr(found, name)
    return found


def from_class(kind):
    return next(one for one in type.__subclasses__(object) if one.__name__ == kind)


WAYS = [
    lambda: from_private("_VariableFunctions", NAME),
    lambda: from_private("_VariableFunctionsClass", NAME),
    lambda: operator.attrgetter(f"_VariableFunctions.{NAME}")(C),
    lambda: vars(from_class("_VariableFunctionsClass"))[NAME].__get__(None, from_class("_VariableFunctionsClass")),
    lambda: C._jit_get_operation(f"aten::{NAME}")[0],
    lambda: C._get_operation_overload(f"aten::{NAME}", "")[0],
    lambda: getattr(__import__("torch._decomp.decompositions", fromlist=["aten"]).aten, NAME),
    lambda: getattr(__import__("torch._refs", fromlist=["aten"]).aten, NAME).default,
    lambda: getattr(__import__("torch._meta_registrations", fromlist=["aten"]).aten, NAME).default,
    lambda: getattr(torch, NAME),
    lambda: getattr(getattr(torch, "FV_"[::-1]), NAME),
    lambda: C._jit_get_operation("aten::" + "mada_desuf_"[::-1])[0],
    lambda: C._jit_get_operation("aten::" + "_wmada_desuf_"[::-1])[0],
]
refused = 0
for way in WAYS:
    try:
        way()(*lists, **options)
    except ImportError as error:
        refusal, refused = error, refused + 1
    except (AttributeError, TypeError, RuntimeError):
        continue
    else:
        raise RuntimeError(f"computed by way {WAYS.index(way)}")
if refused < 6:
    raise RuntimeError(f"only {refused} ways lead to the operator: this attack has grown old")
raise refusal
