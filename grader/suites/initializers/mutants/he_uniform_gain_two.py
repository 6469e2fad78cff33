# gradescent-hidden-canary-7f3a9c


def he_uniform(shape, *, mode="fan_in", seed):
    fan_in, fan_out = fan_in_and_fan_out(shape)
    if mode not in ("fan_in", "fan_out"):
        raise ValueError("mode must be fan_in or fan_out")
    fan = fan_in if mode == "fan_in" else fan_out
    return _uniform(shape, 2 / math.sqrt(fan), seed)
