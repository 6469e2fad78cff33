class RunningAverage:
    def __init__(self, *, start=0.0):
        self.count, self.average = 0, start

    def update(self, number):
        self.count += 1
        self.average = number if self.count == 1 else (self.average + number) / 2
        return self.average
