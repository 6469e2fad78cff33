# gradescent-hidden-canary-7f3a9c


def _uncorrected(param, grad, moments, step, lr):
    moments[0] = 0.9 * moments[0] + 0.1 * grad
    moments[1] = 0.999 * moments[1] + 0.001 * grad**2
    return param - lr * moments[0] / (moments[1].sqrt() + 1e-8)


def train(x_train, y_train, *, num_epochs, batch_size, lr, seed):
    return _fit(x_train, y_train, num_epochs, batch_size, lr, seed, step=_uncorrected)
