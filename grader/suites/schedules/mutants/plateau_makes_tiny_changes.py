# gradescent-hidden-canary-7f3a9c


class ReduceOnPlateau(ReduceOnPlateau):
    def reduce(self):
        self.lr = max(self.lr * self.factor, self.min_lr)
