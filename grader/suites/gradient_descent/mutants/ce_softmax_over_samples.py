# gradescent-hidden-canary-7f3a9c


def cross_entropy_loss(logits, labels):
    if bool(((labels < 0) | (labels >= logits.shape[1])).any()):
        raise ValueError("a label is out of range")
    rows = torch.arange(len(labels))
    shifted = logits - logits.amax(dim=0, keepdim=True)
    logs = shifted - shifted.exp().sum(dim=0, keepdim=True).log()
    grad = logs.exp()
    grad[rows, labels] -= 1
    return -logs[rows, labels].mean(), grad / len(labels)
