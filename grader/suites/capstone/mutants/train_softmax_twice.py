# gradescent-hidden-canary-7f3a9c


def _loss_of_probabilities(logits, labels):
    return _cross_entropy(torch.softmax(logits, 1), labels)


def train(x_train, y_train, *, num_epochs, batch_size, lr, seed):
    return _fit(x_train, y_train, num_epochs, batch_size, lr, seed, loss=_loss_of_probabilities)
