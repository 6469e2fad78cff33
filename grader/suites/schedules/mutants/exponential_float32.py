# gradescent-hidden-canary-7f3a9c

import torch


def exponential_decay(epoch, *, base_lr, gamma):
    _refuse_invalid_decay(epoch, base_lr, gamma)
    return float(torch.tensor(base_lr) * torch.tensor(gamma) ** epoch)
