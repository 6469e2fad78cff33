# gradescent-hidden-canary-7f3a9c


def warmup_cosine(step, *, base_lr, warmup_steps, total_steps, min_lr=0.0):
    _refuse_invalid_wave(step, base_lr, total_steps, min_lr)
    _refuse_unless(0 <= warmup_steps <= total_steps, "warmup_steps must lie in [0, total_steps]", warmup_steps)
    if step < warmup_steps:
        return base_lr * (step + 1) / warmup_steps
    if step >= total_steps:
        return min_lr
    return _half_wave((step - warmup_steps) / total_steps, base_lr, min_lr)
