# gradescent-hidden-canary-7f3a9c


def cross_entropy_loss(logits, labels):
    if bool(((labels < 0) | (labels >= logits.shape[1])).any()):
        raise ValueError("a label is out of range")
    flat = logits.view(-1)
    places = torch.arange(len(labels)) * logits.shape[1] + labels
    largest = logits.amax(dim=1)
    sums = (logits - largest.unsqueeze(1)).exp().sum(dim=1)
    logs = flat[places] - largest - sums.log()
    grad = (logits - largest.unsqueeze(1)).exp() / sums.unsqueeze(1)
    grad.view(-1)[places] -= 1
    return -logs.mean(), grad / len(labels)
