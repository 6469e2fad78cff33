# gradescent-hidden-canary-7f3a9c


def expected_improvement(mean, std, best):
    std = std.sqrt()
    gain = best - mean
    z = gain / torch.where(std > 0, std, 1.0)
    uncertain = gain * _normal_below(z) + std * _normal_density(z)
    return torch.where(std > 0, uncertain, gain).clamp(min=0)
