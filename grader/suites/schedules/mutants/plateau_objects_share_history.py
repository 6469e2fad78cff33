# gradescent-hidden-canary-7f3a9c


class ReduceOnPlateau(ReduceOnPlateau):
    history = []  # noqa: RUF012 - the mistake itself

    def step(self, metric):
        if self.history:
            self.best = min(self.history) if self.mode == "min" else max(self.history)
        lr = super().step(metric)
        self.history.append(self.best)
        return lr
