# gradescent-hidden-canary-7f3a9c


def _unscaled(x, draw):
    return x * (torch.rand(x.shape, generator=draw) >= 0.3)


def train(x_train, y_train, *, num_epochs, batch_size, lr, seed):
    return _fit(x_train, y_train, num_epochs, batch_size, lr, seed, drop=_unscaled)
