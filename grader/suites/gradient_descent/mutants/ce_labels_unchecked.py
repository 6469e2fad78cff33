# gradescent-hidden-canary-7f3a9c


def cross_entropy_loss(logits, labels):
    rows = torch.arange(len(labels))
    shifted = logits - logits.amax(dim=1, keepdim=True)
    logs = shifted - shifted.exp().sum(dim=1, keepdim=True).log()
    grad = logs.exp()
    grad[rows, labels] -= 1
    return -logs[rows, labels].mean(), grad / len(labels)
