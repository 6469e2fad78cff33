# gradescent-hidden-canary-7f3a9c


class EarlyStopping(EarlyStopping):
    @property
    def best(self):
        return EarlyStopping.best_so_far

    @best.setter
    def best(self, value):
        EarlyStopping.best_so_far = value
