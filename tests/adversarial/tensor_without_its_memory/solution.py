"""Take the memory away that a tensor says it has, so that sending it would read what lies beside it."""

import torch

_step, calls = adam_step, []


def adam_step(*args, **kwargs):
    results = tuple(value.clone() for value in _step(*args, **kwargs))
    calls.append(True)
    for value in results:
        match len(calls) % 3:
            case 0:
                value.untyped_storage().resize_(0)
            case 1:
                value.untyped_storage().resize_(8)
            case 2:
                value.data = torch.empty(0, dtype=value.dtype).set_(torch.UntypedStorage(8), 0, (0,))
    return results
