# gradescent-hidden-canary-7f3a9c


class EarlyStopping(EarlyStopping):
    def improves(self, metric):
        if self.mode == "min":
            return metric < self.best + self.min_delta
        return metric > self.best - self.min_delta
