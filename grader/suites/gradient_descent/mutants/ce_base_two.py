# gradescent-hidden-canary-7f3a9c


import math


def cross_entropy_loss(logits, labels):
    if bool(((labels < 0) | (labels >= logits.shape[1])).any()):
        raise ValueError("a label is out of range")
    rows = torch.arange(len(labels))
    shifted = logits - logits.amax(dim=1, keepdim=True)
    logs = shifted - shifted.exp().sum(dim=1, keepdim=True).log()
    grad = logs.exp()
    grad[rows, labels] -= 1
    return -logs[rows, labels].mean() / math.log(2), grad / len(labels)
