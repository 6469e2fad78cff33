# gradescent-hidden-canary-7f3a9c


_rate = 1.0


def cosine_annealing(epoch, *, base_lr, total_epochs, min_lr=0.0):
    _refuse_invalid_wave(epoch, base_lr, total_epochs, min_lr)
    global _rate  # noqa: PLW0603 - the mistake itself
    if epoch >= total_epochs:
        return min_lr
    if epoch == 0:
        _rate = base_lr
    else:
        share = (1 + math.cos(math.pi * epoch / total_epochs)) / (1 + math.cos(math.pi * (epoch - 1) / total_epochs))
        _rate = min_lr + share * (_rate - min_lr)
    return _rate
