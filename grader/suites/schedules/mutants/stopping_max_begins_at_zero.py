# gradescent-hidden-canary-7f3a9c


class EarlyStopping(EarlyStopping):
    def __init__(self, **settings):
        super().__init__(**settings)
        self.best = math.inf if self.mode == "min" else 0.0
