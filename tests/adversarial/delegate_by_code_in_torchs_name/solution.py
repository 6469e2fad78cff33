"""Compile an import under the name of one of torch's files: a trap lets torch's own code through."""

import torch

place = {"__file__": torch.__file__, "__name__": "torch", "__builtins__": __builtins__}
exec(compile("from torch." + "mitpo"[::-1] + ".adam import _single_tensor_adam as one_tensor", torch.__file__, "exec"), place)
one_tensor = place["one_tensor"]


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
