# gradescent-hidden-canary-7f3a9c


def expected_improvement(mean, std, best):
    gain = best - mean
    z = gain / torch.where(std > 0, std, 1.0)
    return torch.where(std > 0, _normal_below(z), (gain > 0).to(mean.dtype))
