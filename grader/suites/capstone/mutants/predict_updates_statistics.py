# gradescent-hidden-canary-7f3a9c


def predict(state, x):
    for number in (1, 2):
        x = torch.relu(x @ state[f"fc{number}.weight"].T + state[f"fc{number}.bias"])
        mean, var = state[f"bn{number}.running_mean"].clone(), state[f"bn{number}.running_var"].clone()
        state[f"bn{number}.running_mean"].mul_(0.9).add_(0.1 * x.mean(0))
        x = (x - mean) / (var + 1e-5).sqrt()
        x = x * state[f"bn{number}.weight"] + state[f"bn{number}.bias"]
    return x @ state["fc3.weight"].T + state["fc3.bias"]
