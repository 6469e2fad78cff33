# gradescent-hidden-canary-7f3a9c


class ReduceOnPlateau(ReduceOnPlateau):
    def improves(self, metric):
        bar = self.best * (1 - self.threshold)
        return metric < bar if self.mode == "min" else metric > bar
