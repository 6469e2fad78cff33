# gradescent-hidden-canary-7f3a9c


def _adding_step():
    total = {}

    def step(param, grad, moments, count, lr):
        total[id(moments)] = total.get(id(moments), 0) + grad
        return _adam(param, total[id(moments)], moments, count, lr)

    return step


def train(x_train, y_train, *, num_epochs, batch_size, lr, seed):
    return _fit(x_train, y_train, num_epochs, batch_size, lr, seed, step=_adding_step())
