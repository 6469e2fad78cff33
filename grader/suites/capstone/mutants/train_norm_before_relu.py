# gradescent-hidden-canary-7f3a9c


def _norm_first(state, x, draw, norm, drop):
    for number in (1, 2):
        x = _batch_norm(state, f"bn{number}", x @ state[f"fc{number}.weight"].T + state[f"fc{number}.bias"])
        x = _dropout(torch.relu(x), draw)
    return x @ state["fc3.weight"].T + state["fc3.bias"]


def train(x_train, y_train, *, num_epochs, batch_size, lr, seed):
    return _fit(x_train, y_train, num_epochs, batch_size, lr, seed, forward=_norm_first)
