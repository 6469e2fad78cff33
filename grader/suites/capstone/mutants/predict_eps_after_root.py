# gradescent-hidden-canary-7f3a9c


def predict(state, x):
    for number in (1, 2):
        x = torch.relu(x @ state[f"fc{number}.weight"].T + state[f"fc{number}.bias"])
        x = (x - state[f"bn{number}.running_mean"]) / (state[f"bn{number}.running_var"].sqrt() + 1e-5)
        x = x * state[f"bn{number}.weight"] + state[f"bn{number}.bias"]
    return x @ state["fc3.weight"].T + state["fc3.bias"]
