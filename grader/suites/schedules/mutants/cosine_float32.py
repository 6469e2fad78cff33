# gradescent-hidden-canary-7f3a9c

import torch


def cosine_annealing(epoch, *, base_lr, total_epochs, min_lr=0.0):
    _refuse_invalid_wave(epoch, base_lr, total_epochs, min_lr)
    if epoch >= total_epochs:
        return min_lr
    wave = torch.cos(torch.tensor(math.pi * epoch / total_epochs))
    return float(min_lr + (base_lr - min_lr) * (1 + wave) / 2)
