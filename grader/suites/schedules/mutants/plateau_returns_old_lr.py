# gradescent-hidden-canary-7f3a9c


class ReduceOnPlateau(ReduceOnPlateau):
    def step(self, metric):
        before = self.lr
        super().step(metric)
        return before
