# gradescent-hidden-canary-7f3a9c


def minibatches(num_samples, batch_size, *, seed, drop_last=False):
    if num_samples < 1 or batch_size < 1:
        raise ValueError("num_samples and batch_size must be at least 1")
    start = int(torch.randint(num_samples, (), generator=torch.Generator().manual_seed(seed)))
    order = torch.arange(num_samples).roll(start)
    batches = list(order.split(batch_size))
    return [batch for batch in batches if len(batch) == batch_size] if drop_last else batches
