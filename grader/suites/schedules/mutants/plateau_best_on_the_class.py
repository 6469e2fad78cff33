# gradescent-hidden-canary-7f3a9c


class ReduceOnPlateau(ReduceOnPlateau):
    @property
    def best(self):
        return ReduceOnPlateau.best_so_far

    @best.setter
    def best(self, value):
        ReduceOnPlateau.best_so_far = value
