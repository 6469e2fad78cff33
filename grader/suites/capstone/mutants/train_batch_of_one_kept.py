# gradescent-hidden-canary-7f3a9c


def _every_batch(labels, batch_size, draw):
    return iter(torch.randperm(len(labels), generator=draw).split(batch_size))


def train(x_train, y_train, *, num_epochs, batch_size, lr, seed):
    return _fit(x_train, y_train, num_epochs, batch_size, lr, seed, batches=_every_batch)
