# gradescent-hidden-canary-7f3a9c


class ReduceOnPlateau(ReduceOnPlateau):
    def reduce(self):
        if self.lr * (1 - self.factor) > SMALLEST_CHANGE:
            self.lr *= self.factor
