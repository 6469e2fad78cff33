# gradescent-hidden-canary-7f3a9c


def train(x_train, y_train, *, num_epochs, batch_size, lr, seed):
    state = _fit(x_train, y_train, num_epochs, batch_size, lr, seed)
    return {name: value.T if value.dim() == 2 else value for name, value in state.items()}
