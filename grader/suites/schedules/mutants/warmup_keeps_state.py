# gradescent-hidden-canary-7f3a9c


_rate = 0.0


def warmup_cosine(step, *, base_lr, warmup_steps, total_steps, min_lr=0.0):
    _refuse_invalid_wave(step, base_lr, total_steps, min_lr)
    _refuse_unless(0 <= warmup_steps <= total_steps, "warmup_steps must lie in [0, total_steps]", warmup_steps)
    global _rate  # noqa: PLW0603 - the mistake itself
    if step < warmup_steps:
        _rate = base_lr / warmup_steps if step == 0 else _rate + base_lr / warmup_steps
        return _rate
    if step >= total_steps:
        return min_lr
    return _half_wave((step - warmup_steps) / (total_steps - warmup_steps), base_lr, min_lr)
