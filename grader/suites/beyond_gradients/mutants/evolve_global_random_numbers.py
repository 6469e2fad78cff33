# gradescent-hidden-canary-7f3a9c


def evolve(population, fitness, *, num_elites, mutation_std, seed):
    _refuse_invalid_generation(population, num_elites, mutation_std)
    draw = None
    ranked = population[fitness.argsort(descending=True)]
    first, second = _pick_parents(ranked, len(population) - num_elites, draw)
    children = _cross(first, second, draw)
    return torch.cat([ranked[:num_elites], _mutate(children, mutation_std, draw)])
