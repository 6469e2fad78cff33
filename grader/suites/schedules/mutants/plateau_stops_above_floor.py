# gradescent-hidden-canary-7f3a9c


class ReduceOnPlateau(ReduceOnPlateau):
    def reduce(self):
        lower = self.lr * self.factor
        if lower >= self.min_lr and self.lr - lower > SMALLEST_CHANGE:
            self.lr = lower
