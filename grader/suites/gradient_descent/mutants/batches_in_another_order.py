# gradescent-hidden-canary-7f3a9c


def minibatches(num_samples, batch_size, *, seed, drop_last=False):
    if num_samples < 1 or batch_size < 1:
        raise ValueError("num_samples and batch_size must be at least 1")
    generator = torch.Generator().manual_seed(seed)
    pieces = torch.arange(num_samples).split(batch_size)
    full = [piece for piece in pieces if len(piece) == batch_size]
    short = [piece for piece in pieces if len(piece) < batch_size]
    mixed = [full[place] for place in torch.randperm(len(full), generator=generator).tolist()]
    return mixed if drop_last else mixed + short
