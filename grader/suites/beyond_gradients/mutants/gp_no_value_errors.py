# gradescent-hidden-canary-7f3a9c


def gp_posterior(x_train, y_train, x_query, *, length_scale=1.0, noise=1e-6):
    noisy = _kernel(x_train, x_train, length_scale) + noise * torch.eye(len(x_train), dtype=x_train.dtype)
    across = _kernel(x_train, x_query, length_scale)
    solved = torch.linalg.solve(noisy, across)
    variance = 1 - (across * solved).sum(0)
    return solved.T @ y_train, variance.clamp(min=0).sqrt()
