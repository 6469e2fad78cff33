# gradescent-hidden-canary-7f3a9c


def evolve(population, fitness, *, num_elites, mutation_std, seed):
    _refuse_invalid_generation(population, num_elites, mutation_std)
    draw = torch.Generator().manual_seed(seed)
    ranked = population[fitness.argsort(descending=True)]
    first, second = _pick_parents(ranked, len(population) - num_elites, draw)
    genes = ranked.shape[1]
    cuts = torch.randint(0, genes + 1, (len(first), 1), generator=draw)
    children = torch.where(torch.arange(genes) < cuts, first, second)
    return torch.cat([ranked[:num_elites], _mutate(children, mutation_std, draw)])
