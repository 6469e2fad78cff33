# gradescent-hidden-canary-7f3a9c


class ReduceOnPlateau(ReduceOnPlateau):
    def improves(self, metric):
        if self.mode == "min":
            return metric < self.best - self.threshold
        return metric > self.best + self.threshold
