# gradescent-hidden-canary-7f3a9c


class EarlyStopping(EarlyStopping):
    def __init__(self, **settings):
        super().__init__(**settings)
        self.is_first = True

    def improves(self, metric):
        is_first, self.is_first = self.is_first, False
        return is_first or super().improves(metric)
