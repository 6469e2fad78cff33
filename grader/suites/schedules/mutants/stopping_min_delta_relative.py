# gradescent-hidden-canary-7f3a9c


class EarlyStopping(EarlyStopping):
    def improves(self, metric):
        if not math.isfinite(self.best):
            return super().improves(metric)
        change = self.min_delta * abs(self.best)
        return metric < self.best - change if self.mode == "min" else metric > self.best + change
