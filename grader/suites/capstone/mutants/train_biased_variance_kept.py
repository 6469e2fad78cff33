# gradescent-hidden-canary-7f3a9c


def _biased_norm(state, name, x):
    kept = state[f"{name}.running_var"]
    out = _batch_norm(state, name, x)
    state[f"{name}.running_var"] = 0.9 * kept + 0.1 * x.detach().var(0, correction=0)
    return out


def train(x_train, y_train, *, num_epochs, batch_size, lr, seed):
    return _fit(x_train, y_train, num_epochs, batch_size, lr, seed, norm=_biased_norm)
