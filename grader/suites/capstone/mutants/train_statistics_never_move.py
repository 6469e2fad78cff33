# gradescent-hidden-canary-7f3a9c


def _forgetful_norm(state, name, x):
    return _batch_norm(dict(state), name, x)


def train(x_train, y_train, *, num_epochs, batch_size, lr, seed):
    return _fit(x_train, y_train, num_epochs, batch_size, lr, seed, norm=_forgetful_norm)
