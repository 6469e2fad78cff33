# gradescent-hidden-canary-7f3a9c


def minibatches(num_samples, batch_size, *, seed, drop_last=False):
    order = torch.randperm(num_samples, generator=torch.Generator().manual_seed(seed))
    batches = list(order.split(batch_size))
    return [batch for batch in batches if len(batch) == batch_size] if drop_last else batches
