# gradescent-hidden-canary-7f3a9c


def predict(state, x):
    x = torch.relu(x @ state["fc1.weight"].T + state["fc1.bias"])
    x = (x - state["bn1.running_mean"]) / (state["bn1.running_var"] + 1e-5).sqrt()
    x = x * state["bn1.weight"] + state["bn1.bias"]
    x = torch.relu(x @ state["fc2.weight"].T + state["fc2.bias"])
    return x @ state["fc3.weight"].T + state["fc3.bias"]
