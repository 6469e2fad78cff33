# gradescent-hidden-canary-7f3a9c


def cross_entropy_loss(logits, labels):
    if bool(((labels < 0) | (labels >= logits.shape[1])).any()):
        raise ValueError("a label is out of range")
    rows = torch.arange(len(labels))
    shifted = logits - logits.max()
    exponentials = shifted.exp()
    sums = exponentials.sum(dim=1, keepdim=True)
    loss = (sums.log().squeeze(1) - shifted[rows, labels]).mean()
    grad = exponentials / sums
    grad[rows, labels] -= 1
    return loss, grad / len(labels)
