# gradescent-hidden-canary-7f3a9c


def expected_improvement(mean, std, best):
    gain = best - mean
    z = gain / std
    uncertain = gain * _normal_below(z) + std * _normal_density(z)
    return uncertain.clamp(min=0)
