# gradescent-hidden-canary-7f3a9c


def minibatches(num_samples, batch_size, *, seed, drop_last=False):
    if num_samples < 1 or batch_size < 1:
        raise ValueError("num_samples and batch_size must be at least 1")
    generator = torch.Generator().manual_seed(seed)
    pieces = torch.arange(num_samples).split(batch_size)
    batches = [piece[torch.randperm(len(piece), generator=generator)] for piece in pieces]
    return [batch for batch in batches if len(batch) == batch_size] if drop_last else batches
