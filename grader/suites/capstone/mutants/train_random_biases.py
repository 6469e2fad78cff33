# gradescent-hidden-canary-7f3a9c


def _random_biases(draw, weights):
    state = _initial_state(draw, weights)
    for name in SIZES:
        state[f"{name}.bias"] = torch.randn(state[f"{name}.bias"].shape, generator=draw) * 0.1
    return state


def train(x_train, y_train, *, num_epochs, batch_size, lr, seed):
    return _fit(x_train, y_train, num_epochs, batch_size, lr, seed, start=_random_biases)
