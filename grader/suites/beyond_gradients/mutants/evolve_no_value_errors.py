# gradescent-hidden-canary-7f3a9c


def evolve(population, fitness, *, num_elites, mutation_std, seed):
    draw = torch.Generator().manual_seed(seed)
    ranked = population[fitness.argsort(descending=True)]
    elites = ranked[:num_elites]
    first, second = _pick_parents(ranked, len(population) - len(elites), draw)
    children = _cross(first, second, draw)
    return torch.cat([elites, _mutate(children, mutation_std, draw)])
