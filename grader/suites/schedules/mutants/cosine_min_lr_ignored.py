# gradescent-hidden-canary-7f3a9c


def cosine_annealing(epoch, *, base_lr, total_epochs, min_lr=0.0):
    _refuse_invalid_wave(epoch, base_lr, total_epochs, min_lr)
    return 0.0 if epoch >= total_epochs else _half_wave(epoch / total_epochs, base_lr, 0.0)
