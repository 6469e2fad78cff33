# gradescent-hidden-canary-7f3a9c


def evolve(population, fitness, *, num_elites, mutation_std, seed):
    _refuse_invalid_generation(population, num_elites, mutation_std)
    draw = torch.Generator().manual_seed(seed)
    ranked = population[fitness.argsort(descending=True)]
    spread = fitness.sort(descending=True).values
    edges = (spread - spread[-1] + 0.01 * spread.abs().mean()).cumsum(0)
    darts = torch.rand(2, len(ranked) - num_elites, generator=draw, dtype=torch.float64) * edges[-1]
    first, second = ranked[torch.searchsorted(edges.double(), darts, right=True)]
    children = _cross(first, second, draw)
    return torch.cat([ranked[:num_elites], _mutate(children, mutation_std, draw)])
