# gradescent-hidden-canary-7f3a9c


class EarlyStopping(EarlyStopping):
    history = []  # noqa: RUF012 - the mistake itself

    def step(self, metric):
        if self.history:
            self.best = min(self.history) if self.mode == "min" else max(self.history)
        stop = super().step(metric)
        self.history.append(self.best)
        return stop
