# gradescent-hidden-canary-7f3a9c


def he_normal(shape, *, mode="fan_in", seed):
    fan_in_and_fan_out(shape)  # for its ValueError
    if mode not in ("fan_in", "fan_out"):
        raise ValueError("mode must be fan_in or fan_out")
    return math.sqrt(2 / shape[1 if mode == "fan_in" else 0]) * torch.randn(shape, generator=_generator(seed))
