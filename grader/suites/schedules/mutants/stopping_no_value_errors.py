# gradescent-hidden-canary-7f3a9c


class EarlyStopping(EarlyStopping):
    def __init__(self, *, patience, min_delta=0.0, mode="min"):
        self.patience, self.min_delta, self.mode = patience, min_delta, mode
        self.best, self.bad_epochs = math.inf if mode == "min" else -math.inf, 0
