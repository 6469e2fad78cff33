# gradescent-hidden-canary-7f3a9c


def _full_batches(labels, batch_size, draw):
    batches = torch.randperm(len(labels), generator=draw).split(batch_size)
    return (batch for batch in batches if len(batch) == batch_size)


def train(x_train, y_train, *, num_epochs, batch_size, lr, seed):
    return _fit(x_train, y_train, num_epochs, batch_size, lr, seed, batches=_full_batches)
