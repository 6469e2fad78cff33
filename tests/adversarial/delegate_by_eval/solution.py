import torch

optim = eval("torch.opt" + "im")


def adam_step(param, grad, exp_avg, exp_avg_sq, step, *, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    leaf = param.clone().requires_grad_()
    leaf.grad = grad
    twin = optim.Adam([leaf], lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)
    twin.state[leaf] = {"step": torch.tensor(step - 1.0), "exp_avg": exp_avg.clone(), "exp_avg_sq": exp_avg_sq.clone()}
    twin.step()
    return leaf.detach(), twin.state[leaf]["exp_avg"], twin.state[leaf]["exp_avg_sq"]
