# gradescent-hidden-canary-7f3a9c


def _in_order(labels, batch_size, draw):
    return (batch for batch in torch.arange(len(labels)).split(batch_size) if len(batch) > 1)


def train(x_train, y_train, *, num_epochs, batch_size, lr, seed):
    return _fit(x_train, y_train, num_epochs, batch_size, lr, seed, batches=_in_order)
