# gradescent-hidden-canary-7f3a9c


def _swapped_norm(state, name, x):
    return _batch_norm(state, name, x, momentum=0.9)


def train(x_train, y_train, *, num_epochs, batch_size, lr, seed):
    return _fit(x_train, y_train, num_epochs, batch_size, lr, seed, norm=_swapped_norm)
