# gradescent-hidden-canary-7f3a9c


def _no_dropout(x, draw):
    return x


def train(x_train, y_train, *, num_epochs, batch_size, lr, seed):
    return _fit(x_train, y_train, num_epochs, batch_size, lr, seed, drop=_no_dropout)
