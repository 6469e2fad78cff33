# gradescent-hidden-canary-7f3a9c


def train(x_train, y_train, *, num_epochs, batch_size, lr, seed):
    x_train -= x_train.mean(0)
    x_train /= x_train.std(0) + 1e-8
    return _fit(x_train, y_train, num_epochs, batch_size, lr, seed)
