# gradescent-hidden-canary-7f3a9c


class ReduceOnPlateau(ReduceOnPlateau):
    def step(self, metric):
        if self.improves(metric):
            self.best, self.bad_epochs = metric, 0
        else:
            self.bad_epochs += 1
        if self.cooling:
            self.cooling -= 1
            self.bad_epochs = 0
        if self.bad_epochs > self.patience:
            self.reduce()
            self.cooling = self.cooldown
        return self.lr
