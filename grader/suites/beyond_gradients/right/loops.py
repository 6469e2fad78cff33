"""A right solution of `beyond_gradients` in the style of plain Python: lists, loops and floats; float32 is kept."""

# gradescent-hidden-canary-7f3a9c

import math

import torch


def newton_step(param, grad, hessian, *, damping=0.0):
    if damping < 0:
        raise ValueError("damping must be at least 0")
    rows = [[*row, right] for row, right in zip(hessian.tolist(), grad.tolist(), strict=True)]
    for place, row in enumerate(rows):
        row[place] += damping
    step = _eliminate(rows)
    return torch.tensor([old - move[0] for old, move in zip(param.tolist(), step, strict=True)], dtype=param.dtype)


def bfgs_update(inverse_hessian, step, grad_change):
    old, s, y = inverse_hessian.tolist(), step.tolist(), grad_change.tolist()
    size = len(s)
    curvature = sum(a * b for a, b in zip(s, y, strict=True))
    if not curvature > 1e-10:
        return inverse_hessian
    rho = 1.0 / curvature
    left = [[float(i == j) - rho * s[i] * y[j] for j in range(size)] for i in range(size)]
    half = [[sum(left[i][k] * old[k][j] for k in range(size)) for j in range(size)] for i in range(size)]
    new = [
        [sum(half[i][k] * left[j][k] for k in range(size)) + rho * s[i] * s[j] for j in range(size)]
        for i in range(size)
    ]
    return torch.tensor(new, dtype=inverse_hessian.dtype)


def evolve(population, fitness, *, num_elites, mutation_std, seed):
    size, genes = population.shape
    if not 0 <= num_elites <= size:
        raise ValueError("num_elites")
    if mutation_std < 0:
        raise ValueError("mutation_std")
    generator = torch.Generator().manual_seed(seed)
    values, people = fitness.tolist(), population.tolist()
    order = sorted(range(size), key=lambda place: values[place], reverse=True)
    ranked = [people[place] for place in order]
    count = size - num_elites
    # A tournament of two: the better of two individuals drawn at random.
    fighters = torch.randint(0, size, (count, 4), generator=generator).tolist()
    coins = torch.randint(0, 2, (count, genes), generator=generator).tolist()
    noise = torch.randn((count, genes), generator=generator, dtype=torch.float64).tolist()
    new = ranked[:num_elites]
    for child in range(count):
        one, two, three, four = fighters[child]
        parents = ranked[min(one, two)], ranked[min(three, four)]
        new.append([parents[coins[child][g]][g] + mutation_std * noise[child][g] for g in range(genes)])
    return torch.tensor(new, dtype=population.dtype)


def gp_posterior(x_train, y_train, x_query, *, length_scale=1.0, noise=1e-6):
    if not length_scale > 0:
        raise ValueError("length_scale")
    if not noise >= 0:
        raise ValueError("noise")
    known, queries = x_train.tolist(), x_query.tolist()

    def kernel(one, other):
        return math.exp(-sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) / (2 * length_scale**2))

    across = [[kernel(one, query) for query in queries] for one in known]
    rows = []
    for place, (one, value) in enumerate(zip(known, y_train.tolist(), strict=True)):
        left = [kernel(one, other) for other in known]
        left[place] += noise
        rows.append(left + [value] + across[place])
    solved = _eliminate(rows)
    means, stds = [], []
    for place in range(len(queries)):
        means.append(sum(row[place] * solution[0] for row, solution in zip(across, solved, strict=True)))
        variance = 1.0 - sum(row[place] * solution[1 + place] for row, solution in zip(across, solved, strict=True))
        stds.append(math.sqrt(max(variance, 0.0)))
    return torch.tensor(means, dtype=y_train.dtype), torch.tensor(stds, dtype=y_train.dtype)


def expected_improvement(mean, std, best):
    found = []
    for middle, spread in zip(mean.tolist(), std.tolist(), strict=True):
        gain = best - middle
        if spread == 0:
            found.append(max(gain, 0.0))
            continue
        z = gain / spread
        below = (1 + math.erf(z / math.sqrt(2))) / 2
        density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
        found.append(max(gain * below + spread * density, 0.0))
    return torch.tensor(found, dtype=mean.dtype)


def _eliminate(rows):
    """Solve a system by Gaussian elimination with pivoting; each row holds the matrix's, then the right sides'."""
    rows = [list(row) for row in rows]
    size = len(rows)
    for column in range(size):
        pivot = max(range(column, size), key=lambda place: abs(rows[place][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        for below in range(column + 1, size):
            factor = rows[below][column] / rows[column][column]
            rows[below] = [a - factor * b for a, b in zip(rows[below], rows[column], strict=True)]
    solved = [None] * size
    for place in reversed(range(size)):
        rest = rows[place][size:]
        for later in range(place + 1, size):
            rest = [a - rows[place][later] * b for a, b in zip(rest, solved[later], strict=True)]
        solved[place] = [value / rows[place][place] for value in rest]
    return solved
