import torch


def centre(x):
    if x.numel() == 0:
        raise ValueError("no numbers")
    average = x.sum() / x.numel()
    return x.clone().sub_(average), average


class RunningAverage:
    def __init__(self, *, start=0.0):
        self.state = torch.zeros(2, dtype=torch.float64)
        self.count = 0

    def update(self, number):
        self.state += torch.tensor([number, 1.0], dtype=torch.float64)
        self.count += 1
        return self.state[0] / self.state[1]
