# gradescent-hidden-canary-7f3a9c


def train(x_train, y_train, *, num_epochs, batch_size, lr, seed):
    seed = int(torch.randint(2**31, (1,)))
    return _fit(x_train, y_train, num_epochs, batch_size, lr, seed)
