# gradescent-hidden-canary-7f3a9c


class EarlyStopping(EarlyStopping):
    def step(self, metric):
        if self.improves(metric):
            self.best = metric if self.best == WORST[self.mode] else self.best
            self.bad_epochs = 0
        else:
            self.bad_epochs += 1
        return self.bad_epochs >= self.patience
