# gradescent-hidden-canary-7f3a9c


class ReduceOnPlateau(ReduceOnPlateau):
    def improves(self, metric):
        if not math.isfinite(self.best):
            return super().improves(metric)
        change = self.threshold * abs(self.best)
        return metric < self.best - change if self.mode == "min" else metric > self.best + change
