# gradescent-hidden-canary-7f3a9c


class EarlyStopping(EarlyStopping):
    def __init__(self, **settings):
        super().__init__(**settings)
        self.best = math.inf

    def improves(self, metric):
        return metric < self.best - self.min_delta

    def step(self, metric):
        return super().step(metric if self.mode == "min" else -metric)
