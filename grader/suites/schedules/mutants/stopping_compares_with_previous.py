# gradescent-hidden-canary-7f3a9c


class EarlyStopping(EarlyStopping):
    def step(self, metric):
        if self.improves(metric):
            self.best, self.bad_epochs = metric, 0
        else:
            self.best = metric
            self.bad_epochs += 1
        return self.bad_epochs >= self.patience
