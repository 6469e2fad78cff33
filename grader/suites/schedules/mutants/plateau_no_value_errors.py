# gradescent-hidden-canary-7f3a9c


class ReduceOnPlateau(ReduceOnPlateau):
    def __init__(self, *, base_lr, mode="min", factor=0.1, patience=10, threshold=1e-4, cooldown=0, min_lr=0.0):
        self.mode, self.factor, self.patience, self.threshold = mode, factor, patience, threshold
        self.cooldown, self.min_lr = cooldown, min_lr
        self.lr, self.best = base_lr, math.inf if mode == "min" else -math.inf
        self.bad_epochs, self.cooling = 0, 0
