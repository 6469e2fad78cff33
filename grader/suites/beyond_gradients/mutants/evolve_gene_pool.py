# gradescent-hidden-canary-7f3a9c


def evolve(population, fitness, *, num_elites, mutation_std, seed):
    _refuse_invalid_generation(population, num_elites, mutation_std)
    draw = torch.Generator().manual_seed(seed)
    ranked = population[fitness.argsort(descending=True)]
    genes = ranked.shape[1]
    count = len(ranked) - num_elites
    edges = torch.arange(len(ranked), 0, -1, dtype=torch.float64).cumsum(0)
    darts = torch.rand(count, genes, generator=draw, dtype=torch.float64) * edges[-1]
    children = ranked.gather(0, torch.searchsorted(edges, darts, right=True))
    return torch.cat([ranked[:num_elites], _mutate(children, mutation_std, draw)])
