# gradescent-hidden-canary-7f3a9c


def expected_improvement(mean, std, best):
    certain = std == 0
    std[certain] = 1.0
    gain = best - mean
    z = gain / std
    uncertain = gain * _normal_below(z) + std * _normal_density(z)
    return torch.where(certain, gain, uncertain).clamp(min=0)
