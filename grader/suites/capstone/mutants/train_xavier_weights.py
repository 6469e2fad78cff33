# gradescent-hidden-canary-7f3a9c


def _other_weights(shape, draw):
    return torch.randn(shape, generator=draw) * math.sqrt(2 / sum(shape))


def train(x_train, y_train, *, num_epochs, batch_size, lr, seed):
    return _fit(x_train, y_train, num_epochs, batch_size, lr, seed, weights=_other_weights)
