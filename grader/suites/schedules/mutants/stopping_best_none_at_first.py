# gradescent-hidden-canary-7f3a9c


class EarlyStopping(EarlyStopping):
    def __init__(self, **settings):
        super().__init__(**settings)
        self.best = None

    def improves(self, metric):
        if self.best is None:
            return not math.isnan(metric)
        return super().improves(metric)
