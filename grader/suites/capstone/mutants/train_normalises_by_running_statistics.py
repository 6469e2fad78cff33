# gradescent-hidden-canary-7f3a9c


def _running_norm(state, name, x):
    mean, var = (state[f"{name}.{statistic}"] for statistic in STATISTICS)
    _batch_norm(state, name, x)
    return (x - mean) / (var + 1e-5).sqrt() * state[f"{name}.weight"] + state[f"{name}.bias"]


def train(x_train, y_train, *, num_epochs, batch_size, lr, seed):
    return _fit(x_train, y_train, num_epochs, batch_size, lr, seed, norm=_running_norm)
