# gradescent-hidden-canary-7f3a9c


class ReduceOnPlateau(ReduceOnPlateau):
    def __init__(self, *, base_lr, **settings):
        super().__init__(base_lr=base_lr, **settings)
        self.base_lr = base_lr

    def reduce(self):
        lower = max(self.base_lr * self.factor, self.min_lr)
        if self.lr - lower > SMALLEST_CHANGE:
            self.lr = lower
