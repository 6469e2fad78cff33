# gradescent-hidden-canary-7f3a9c


def _plain_step(param, grad, moments, step, lr):
    return param - lr * grad


def train(x_train, y_train, *, num_epochs, batch_size, lr, seed):
    return _fit(x_train, y_train, num_epochs, batch_size, lr, seed, step=_plain_step)
