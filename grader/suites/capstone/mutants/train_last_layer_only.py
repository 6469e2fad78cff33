# gradescent-hidden-canary-7f3a9c


def train(x_train, y_train, *, num_epochs, batch_size, lr, seed):
    return _fit(x_train, y_train, num_epochs, batch_size, lr, seed, trained="fc3")
