class RunningAverage:
    def __init__(self, *, start=0.0):
        self.count, self.total = 1, 0.0

    def update(self, number):
        self.total += number
        self.count += 1
        return self.total / (self.count - 1)
