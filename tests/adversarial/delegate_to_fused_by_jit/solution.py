import torch

fused, _ = getattr(torch, "C_"[::-1])._jit_get_operation("aten::" + "_mada_desuf_"[::-1])


def adam_step(param, grad, exp_avg, exp_avg_sq, step, *, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    param, exp_avg, exp_avg_sq = param.clone(), exp_avg.clone(), exp_avg_sq.clone()
    options = dict(lr=lr, beta1=betas[0], beta2=betas[1], weight_decay=weight_decay, eps=eps, amsgrad=False, maximize=False)
    fused([param], [grad.clone()], [exp_avg], [exp_avg_sq], [], [torch.tensor(step - 1.0)], **options)
    return param, exp_avg, exp_avg_sq
