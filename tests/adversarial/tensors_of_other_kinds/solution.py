"""Return another kind of tensor with each call: none of them is a plain one."""

import itertools
import warnings

import torch

warnings.simplefilter("ignore")


def leaked(value):
    """Return the wrapper that a transform of torch.func makes, after the transform has ended."""
    kept = []
    torch.vmap(lambda x: kept.append(x) or x)(torch.stack([value, value]))
    return kept[0]


KINDS = [
    lambda value: value.to_sparse(),
    lambda value: value.reshape(1, -1).to_sparse_csr(),
    lambda value: value.to("meta"),
    lambda value: torch.quantize_per_tensor(value.float(), 0.1, 0, torch.quint8),
    lambda value: torch.nested.nested_tensor([value.reshape(-1), value.reshape(-1)]),
    lambda value: torch.nested.nested_tensor([value.reshape(-1)], layout=torch.jagged),
    lambda value: torch.complex(value, value),
    lambda value: torch.complex(value, value).conj(),
    lambda value: torch.complex(value, value).conj().imag,
    lambda value: torch._to_functional_tensor(value),
    lambda value: value.float().to_mkldnn(),
    lambda value: torch.empty(0, dtype=torch.float64).set_(value.untyped_storage(), 1 << 50, (0,)),
    lambda value: value.neg()._neg_view(),
    leaked,
]


def returning(kinds):
    """Return a function of a solution; each has its own kinds, since it is not called again once one ended the guest."""
    kinds = itertools.cycle(kinds)

    def step(param, *rest, **settings):
        kind = next(kinds)
        try:
            return (kind(param),) * 2
        except Exception as error:  # a kind that torch itself does not make of this
            return str(error)

    return step


adagrad_step, rmsprop_step, adam_step, adamw_step = (returning(KINDS[start::4]) for start in range(4))
