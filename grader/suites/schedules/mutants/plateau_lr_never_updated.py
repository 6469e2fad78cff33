# gradescent-hidden-canary-7f3a9c


class ReduceOnPlateau(ReduceOnPlateau):
    def step(self, metric):
        self.lr = getattr(self, "current", self.lr)
        base_lr = getattr(self, "base_lr", self.lr)
        self.base_lr = base_lr
        self.current = super().step(metric)
        self.lr = base_lr
        return self.current
