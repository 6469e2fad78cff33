# gradescent-hidden-canary-7f3a9c


class ReduceOnPlateau(ReduceOnPlateau):
    def improves(self, metric):
        if self.mode == "min":
            return not metric >= self.best * (1 - self.threshold)
        return not metric <= self.best * (1 + self.threshold)
