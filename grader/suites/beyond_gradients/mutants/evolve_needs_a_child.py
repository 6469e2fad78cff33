# gradescent-hidden-canary-7f3a9c


def evolve(population, fitness, *, num_elites, mutation_std, seed):
    _refuse_invalid_generation(population, num_elites, mutation_std)
    draw = torch.Generator().manual_seed(seed)
    ranked = population[fitness.argsort(descending=True)]
    weights = torch.arange(len(ranked), 0, -1, dtype=torch.float64)
    picked = torch.multinomial(weights, 2 * (len(ranked) - num_elites), replacement=True, generator=draw)
    first, second = ranked[picked].chunk(2)
    children = _cross(first, second, draw)
    return torch.cat([ranked[:num_elites], _mutate(children, mutation_std, draw)])
