# gradescent-hidden-canary-7f3a9c


def train(x_train, y_train, *, num_epochs, batch_size, lr, seed):
    def step(param, grad, moments, count, rate):
        return _adam(param, grad, moments, count, _cosine(lr, min(count - 1, num_epochs), num_epochs))

    return _fit(x_train, y_train, num_epochs, batch_size, lr, seed, step=step)
