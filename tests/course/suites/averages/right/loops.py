import torch


def centre(x):
    numbers = x.tolist()
    if not numbers:
        raise ValueError("no numbers")
    average = sum(numbers) / len(numbers)
    return torch.tensor([number - average for number in numbers], dtype=x.dtype), average


class RunningAverage:
    def __init__(self, *, start=0.0):
        self.numbers, self.start = [], start

    @property
    def count(self):
        return len(self.numbers)

    def update(self, number):
        self.numbers.append(number)
        return sum(self.numbers) / len(self.numbers)
