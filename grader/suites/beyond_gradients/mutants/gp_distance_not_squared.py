# gradescent-hidden-canary-7f3a9c


def gp_posterior(x_train, y_train, x_query, *, length_scale=1.0, noise=1e-6):
    _refuse_invalid_kernel(length_scale, noise)

    def kernel(one, other):
        apart = one.unsqueeze(1) - other.unsqueeze(0)
        return torch.exp(-apart.square().sum(2).sqrt() / (2 * length_scale**2))

    noisy = kernel(x_train, x_train) + noise * torch.eye(len(x_train), dtype=x_train.dtype)
    across = kernel(x_train, x_query)
    solved = torch.linalg.solve(noisy, across)
    variance = 1 - (across * solved).sum(0)
    return solved.T @ y_train, variance.clamp(min=0).sqrt()
