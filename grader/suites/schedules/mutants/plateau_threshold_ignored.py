# gradescent-hidden-canary-7f3a9c


class ReduceOnPlateau(ReduceOnPlateau):
    def improves(self, metric):
        return metric < self.best if self.mode == "min" else metric > self.best
