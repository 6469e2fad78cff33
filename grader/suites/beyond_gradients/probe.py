"""Facts about one function that tell the known wrong solutions apart from each other and from the right one.

A fact is a tensor (compared at a relative 1e-6) or a sentence (compared as it is). Each isolates one kind of mistake as
far as it can. What `evolve` draws is its own affair, so its facts are sentences about what can be seen in its results.
"""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from grader.domain.verdict import Verdict
from grader.judge import facts
from grader.judge.facts import Fact
from grader.judge.faults import SolutionFault
from grader.judge.suite import Solution, SolutionFunction, Step


def probe(function: str, solution: Solution) -> list[Fact]:
    """Call `solution.<function>` on fixed inputs (at most 40 calls) and return what it did, always in this order."""
    ask = {
        "newton_step": _newton,
        "bfgs_update": _bfgs,
        "evolve": _evolve,
        "gp_posterior": _gaussian_process,
        "expected_improvement": _expected_improvement,
    }[function]
    return ask(getattr(solution, function))


# --- Newton -----------------------------------------------------------------------------------------------------------


def _newton(newton_step: SolutionFunction) -> list[Fact]:
    param, grad = _row(1.0, -2.0), _row(0.5, 3.0)
    round_hessian, mixed_hessian = _rows([4.0, 1.0], [1.0, 3.0]), _rows([2.0, 1.0], [1.0, -3.0])
    one = torch.ones(1, dtype=torch.float64)
    plain = facts.of_call(newton_step, param, grad, round_hessian)
    return [
        *plain,
        *_unless_failing(plain, facts.of_call(newton_step, param, grad, mixed_hessian)),
        *facts.of_call(newton_step, param, grad, round_hessian, damping=2.0),
        *_unless_failing(plain, facts.of_call(newton_step, one, one, 2 * one.unsqueeze(1))),
        *facts.of_call(newton_step, param, grad, 1e-3 * round_hessian),
        _said(lambda: _digits(newton_step(torch.zeros_like(grad), grad, round_hessian), -_solved(round_hessian, grad))),
        _said(lambda: _residual(newton_step)),
        *facts.purity(newton_step, param, grad, round_hessian, damping=2.0),
        facts.refusal(newton_step, param, grad, round_hessian, damping=-0.5),
    ]


def _solved(matrix: Tensor, right: Tensor) -> Tensor:
    found: Tensor = torch.linalg.solve(matrix, right)
    return found


def _residual(newton_step: SolutionFunction) -> str:
    """Say whether ill-conditioned systems are solved as well as can be."""
    draw = torch.Generator().manual_seed(9)
    worst = 0.0
    for _ in range(3):
        axes = torch.linalg.qr(torch.randn(8, 8, generator=draw, dtype=torch.float64))[0]
        hessian = axes @ torch.diag(torch.logspace(0, -8, 8, dtype=torch.float64)) @ axes.T
        grad = hessian @ torch.randn(8, generator=draw, dtype=torch.float64)
        step = -newton_step(torch.zeros(8, dtype=torch.float64), grad, hessian)
        worst = max(worst, float((hessian @ step - grad).abs().max() / step.abs().max()))
    if worst <= 1e-13:
        return "solves what is ill-conditioned"
    return "solves what is ill-conditioned as badly as by an inverse" if worst <= 1e-8 else "does not solve the system"


# --- BFGS -------------------------------------------------------------------------------------------------------------


def _bfgs(bfgs_update: SolutionFunction) -> list[Fact]:
    estimate, step, grad_change = _rows([2.0, 0.5], [0.5, 1.0]), _row(1.0, -0.5), _row(1.5, 0.4)
    along = _row(1.0, 0.0)
    return [
        *facts.of_call(bfgs_update, estimate, step, grad_change),
        *facts.of_call(bfgs_update, torch.eye(2, dtype=torch.float64), step, grad_change),
        *facts.of_call(bfgs_update, estimate, step, -grad_change),
        *facts.of_call(bfgs_update, estimate, step, _row(0.5, 1.0)),
        *facts.of_call(bfgs_update, estimate, along, _row(1e-10, 0.5)),
        *facts.of_call(bfgs_update, estimate, along, _row(5e-11, 0.5)),
        *facts.of_call(bfgs_update, estimate, 100 * along, _row(2e-11, 3.0)),
        # A curvature of 1 turns these formulas into others, and tells whether it is divided by.
        *facts.of_call(bfgs_update, estimate, step, grad_change * (1 / step.dot(grad_change))),
        _said(lambda: _digits(bfgs_update(estimate, step, grad_change), _updated(estimate, step, grad_change))),
        *facts.purity(bfgs_update, estimate, step, grad_change),
    ]


def _updated(estimate: Tensor, step: Tensor, grad_change: Tensor) -> Tensor:
    rho = 1 / step.dot(grad_change)
    left = torch.eye(2, dtype=torch.float64) - rho * step.outer(grad_change)
    return left @ estimate @ left.T + rho * step.outer(step)


# --- Evolution --------------------------------------------------------------------------------------------------------


def _evolve(evolve: SolutionFunction) -> list[Fact]:
    population, fitness = _people(6, 4)
    settings = {"num_elites": 2, "mutation_std": 0.5, "seed": 11}
    plain = facts.of_call(evolve, population, fitness, **settings)
    return [
        _said(lambda: _elites(evolve, population, fitness)),
        _said(lambda: _twins(evolve)),
        *_unless_failing(plain, [_said(lambda: _size(evolve, population, fitness, 0))]),
        *_unless_failing(plain, [_said(lambda: _size(evolve, population, fitness, 6))]),
        *_saids(lambda: _genes(evolve), 3),
        _said(lambda: _parents(evolve)),
        _said(lambda: _whether_only_ranks_count(evolve)),
        *_saids(lambda: _mutations(evolve), 4),
        *_saids(lambda: _seeds(evolve, population, fitness), 2),
        _said(lambda: _generator(evolve, population, fitness)),
        *facts.purity(evolve, population, fitness, **settings),
        *(
            facts.refusal(evolve, population, fitness, **{**settings, **invalid})
            for invalid in ({"num_elites": -1}, {"num_elites": 7}, {"mutation_std": -0.5})
        ),
    ]


def _people(size: int, genes: int, seed: int = 5) -> tuple[Tensor, Tensor]:
    draw = torch.Generator().manual_seed(seed)
    population = torch.randn(size, genes, generator=draw, dtype=torch.float64)
    places = torch.randperm(size, generator=draw)
    return population, torch.linspace(-1, 1, size, dtype=torch.float64)[places]


def _elites(evolve: SolutionFunction, population: Tensor, fitness: Tensor) -> str:
    """Say what stands where three elites should."""
    order = fitness.argsort(descending=True)
    got = evolve(population, fitness, num_elites=3, mutation_std=0.5, seed=11)
    held = [population[place] for place in (order[:3], order[:3].flip(0), order.flip(0)[:3], order[:3].sort().values)]
    words = ("the best, best first", "the best of them last", "the least fit", "the best in their old order")
    for rows, said in zip(held, words, strict=True):
        if torch.equal(got[:3], rows):
            return f"elites: {said}"
    if torch.equal(got[3:], held[0]):
        return "elites: at the end"
    near = (got[:3] - held[0]).abs().max() < 3  # six standard deviations
    return "elites: mutated" if bool(near) else "elites: strangers"


def _twins(evolve: SolutionFunction) -> str:
    """Say what becomes of two individuals of the same fitness."""
    population = _people(4, 3)[0]
    got = evolve(population, _row(1.0, 3.0, 3.0, 0.0), num_elites=2, mutation_std=0.5, seed=11)
    twice = torch.equal(got[0], got[1]) and got[0].tolist() in population.tolist()
    return f"two of equal fitness: {'one of them twice' if twice else 'not one twice'}"


def _size(evolve: SolutionFunction, population: Tensor, fitness: Tensor, num_elites: int) -> str:
    evolve(population, fitness, num_elites=num_elites, mutation_std=0.5, seed=11)
    return f"{num_elites} elites: as many individuals as before"


def _genes(evolve: SolutionFunction) -> list[str]:
    """Say whose genes children have, how they are mixed, and whether two children are mixed alike."""
    population, fitness = _people(40, 100)
    children = evolve(population, fitness, num_elites=0, mutation_std=0.0, seed=11)
    found = children.unsqueeze(1) == population.unsqueeze(0)
    if not bool(found.any(1).all()):
        means = (population[:, :1] + population[:, 0]).flatten() / 2
        blended = bool((children[:, :1] - means).abs().amin(1).max() < 1e-9)
        return [f"genes: {'means of two' if blended else 'of nobody'}", "mixed: unknown", "alike: unknown"]
    origin = found.to(torch.uint8).argmax(1)
    if max(len(set(row)) for row in origin.tolist()) > 2:
        return ["genes: of more than two parents", "mixed: unknown", "alike: unknown"]
    mixed = origin[(origin != origin[:, :1]).any(1)]
    if len(mixed) < 10:
        return ["genes: of one parent", "mixed: not at all", "alike: unknown"]
    coins = (mixed == mixed[:, :1]).double() * 2 - 1
    turns = float((coins[:, 1:] != coins[:, :-1]).double().mean())
    share = float(coins[:, 1:].sum(1).square().mean()) / 99
    alike = float((coins[1:] * coins[:-1]).sum(1).square().mean()) / 100
    fair = "by fair coins" if turns > 0.4 and share < 3 else "by unfair coins" if turns > 0.15 else "in long pieces"
    return ["genes: of two parents", f"mixed: {fair}", f"alike: {'yes' if alike > 30 and turns > 0.4 else 'no'}"]


def _parents(evolve: SolutionFunction) -> str:
    """Say which ranks are parents, in quarters: 7, 5, 3 and 1 in 16 are right."""
    counts = torch.zeros(4)
    for seed in range(5):
        population, fitness = _people(200, 8, seed)
        children = evolve(population, fitness, num_elites=0, mutation_std=0.0, seed=seed)
        rank = fitness.argsort(descending=True).argsort()
        found = children[:, 0].unsqueeze(1) == population[:, 0].unsqueeze(0)
        known = found.any(1)
        origin = found.to(torch.uint8).argmax(1)[known]
        counts += torch.bincount(rank[origin] // 50, minlength=4)
    if counts.sum() < 500:
        return "parents: unknown"
    best, *_, worst = (counts / counts.sum()).tolist()
    if worst < 0.02:
        return "parents: never the worst"
    return "parents: the worst" if worst > 0.34 else "parents: anybody" if best < 0.34 else "parents: the better ones"


def _whether_only_ranks_count(evolve: SolutionFunction) -> str:
    population, fitness = _people(20, 6)
    settings = {"num_elites": 2, "mutation_std": 0.1, "seed": 11}
    calls = [Step((population, values), settings) for values in (fitness, fitness + 1000, fitness, (4 * fitness).exp())]
    first, shifted, again, bent = evolve.many(calls)
    if not torch.equal(first, again):
        return "only ranks count: unknown"
    return f"only ranks count: {torch.equal(first, shifted) and torch.equal(first, bent)}"


def _mutations(evolve: SolutionFunction) -> list[str]:
    """Say of the noise how large it is, whether it grows with the gene, what is shared, and whether it is normal."""
    size, genes, std = 200, 40, 0.3
    row = torch.linspace(1, 9, genes, dtype=torch.float64)
    fitness = _people(size, 1)[1]
    got = evolve(row.repeat(size, 1), fitness, num_elites=0, mutation_std=std, seed=11)
    noise = (got - row) / std
    power = float(noise.square().mean())
    if not 0 < power < 1e3 or abs(float(noise.mean())) > 0.7 * power**0.5:
        return ["noise: none that is centred"] * 4
    grows = float(noise[:, -10:].square().mean()) > 4 * float(noise[:, :10].square().mean())
    # Uniform numbers between -std and std have a third of the power.
    sizes = {"as asked": (0.85, 1.15), "the square": (0.85 * std**2, 1.15 * std**2), "a third": (0.3, 0.37)}
    said = next((word for word, (low, high) in sizes.items() if low < power < high), "another")
    over_genes = float(noise.mean(1).square().mean()) * genes / power
    over_children = float(noise.mean(0).square().mean()) * size / power
    shared = "by a child's genes" if over_genes > genes / 2 else "by all children" if over_children > size / 2 else "no"
    flat = float(noise.pow(4).mean()) / power**2 < 2.3
    return [
        "noise: grows with the gene" if grows else "noise: the same for all genes",
        f"noise: size {said}" if not grows else "noise: size unknown",
        f"noise: shared {shared}",
        f"noise: {'flat' if flat else 'with tails'}",
    ]


def _seeds(evolve: SolutionFunction, population: Tensor, fitness: Tensor) -> list[str]:
    seeds = (1, 1, 2, 3)
    calls = [Step((population, fitness), {"num_elites": 1, "mutation_std": 0.5, "seed": seed}) for seed in seeds]
    first, again, *others = evolve.many(calls)
    return [
        f"the same seed: {'the same' if torch.equal(first, again) else 'another'} generation",
        f"another seed: {'the same' if all(torch.equal(first, other) for other in others) else 'another'} generation",
    ]


def _generator(evolve: SolutionFunction, population: Tensor, fitness: Tensor) -> str:
    seen = evolve.observe(population, fitness, num_elites=1, mutation_std=0.5, seed=11)
    return "draws from the global generator" if seen.drew_globally else "draws from a generator of its own"


# --- Gaussian process -------------------------------------------------------------------------------------------------


def _gaussian_process(gp_posterior: SolutionFunction) -> list[Fact]:
    x_train, y_train, x_query = _rows([0.0], [0.7], [2.0]), _row(1.0, 2.5, -0.5), _rows([0.3], [1.5])
    wide = _rows([0.0, 1.0], [0.0, -0.5]), _row(1.0, 2.0), _rows([0.0, 0.2], [0.4, 0.0])
    twice = _rows([0.0], [0.0], [1.0]), _row(1.0, 3.0, 0.0), _rows([0.0], [0.5])
    alone = _rows([0.0]), _row(2.0), _rows([0.5])
    ones = _rows([1.0])
    plain = facts.of_call(gp_posterior, x_train, y_train, x_query, noise=0.1)
    return [
        *plain,
        *facts.of_call(gp_posterior, x_train, y_train, x_query, length_scale=0.6, noise=0.1),
        *facts.of_call(gp_posterior, x_train, y_train, x_query, length_scale=0.6, noise=1.0),
        *facts.of_call(gp_posterior, x_train, y_train, x_query + 500, noise=0.1),
        *facts.of_call(gp_posterior, *wide, noise=0.1),
        *facts.of_call(gp_posterior, *twice, noise=0.1),
        *_unless_failing(plain, facts.of_call(gp_posterior, *alone, noise=0.1)),
        *_unless_failing(plain, [_said(lambda: _nan(gp_posterior))]),
        _said(lambda: _gp_digits(gp_posterior)),
        *facts.purity(gp_posterior, x_train, y_train, x_query, length_scale=0.6, noise=0.1),
        *(
            facts.refusal(gp_posterior, ones, ones[0], ones, **invalid)
            for invalid in ({"length_scale": 0.0}, {"length_scale": -1.0}, {"noise": -0.1})
        ),
    ]


def _nan(gp_posterior: SolutionFunction) -> str:
    """Say whether certainty comes back as NaN. Of 40 variances that are rounding alone, some are below 0."""
    draw = torch.Generator().manual_seed(9)
    points = (0.9 * torch.arange(40) + 0.2 * torch.rand(40, generator=draw, dtype=torch.float64)).unsqueeze(1)
    _, std = gp_posterior(points, torch.ones(40, dtype=torch.float64), points, noise=0.0)
    return "certainty: NaN" if bool(std.isnan().any()) else "certainty: a number"


def _gp_digits(gp_posterior: SolutionFunction) -> str:
    """Say whether settings keep their digits: at one point, exp(-1 / 2 l^2) / (1 + noise) in closed form."""
    mean, _ = gp_posterior(_rows([0.0]), _row(1.0), _rows([1.0]), length_scale=0.7, noise=0.9)
    return _digits(mean, (-0.5 / torch.tensor(0.7, dtype=torch.float64) ** 2).exp().reshape(1) / 1.9)


# --- Expected improvement ---------------------------------------------------------------------------------------------


def _expected_improvement(expected_improvement: SolutionFunction) -> list[Fact]:
    certain = _row(0.0, 0.0, 0.0)
    best = 0.3
    plain = facts.of_call(expected_improvement, _row(1.0, 1.5), _row(1.0, 1.0), 1.0)
    return [
        *plain,
        *facts.of_call(expected_improvement, _row(-0.2, 1.1), _row(1.0, 1.0), 0.5),
        *facts.of_call(expected_improvement, _row(0.2, 1.5, 2.0), _row(0.5, 2.0, 4.0), 1.0),
        *facts.of_call(expected_improvement, _row(-1.0, -0.5), certain[:2], 0.5),
        *_unless_failing(plain, facts.of_call(expected_improvement, _row(0.5), certain[:1], 0.5)),
        *facts.of_call(expected_improvement, _row(1.5), certain[:1], 0.5),
        _said(lambda: _sign(expected_improvement)),
        _said(lambda: _digits(expected_improvement(_row(best - 50), _row(1.0), best), _row(50.0))),
        *facts.purity(expected_improvement, _row(0.2, 1.5, 2.0), _row(0.0, 2.0, 4.0), 1.0),
    ]


def _sign(expected_improvement: SolutionFunction) -> str:
    """Say whether rounding is left negative, where the two terms cancel."""
    mean = torch.linspace(7.5, 8.4, 100, dtype=torch.float64)
    negative = expected_improvement(mean, torch.ones_like(mean), 0.0) < 0
    return "far above best: below 0" if bool(negative.any()) else "far above best: never below 0"


# --- How facts are told -----------------------------------------------------------------------------------------------


def _row(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def _rows(*rows: list[float]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def _digits(got: Tensor, wanted: Tensor) -> str:
    """Say whether a result is right but for the digits that float32 cannot hold."""
    apart = float((got - wanted).abs().max() / wanted.abs().max())
    return "float64 loses digits" if 1e-10 < apart < 1e-6 else "float64 keeps its digits"


def _unless_failing(plain: list[Fact], found: list[Fact]) -> list[Fact]:
    """Return what was found in a special case, if a plain call works: otherwise that it fails there says nothing."""
    fails = any(isinstance(fact, str) or bool(fact.isnan().any()) for fact in plain)
    return ["fails anyway"] * len(found) if fails else found


def _said(ask: Callable[[], str]) -> str:
    (said,) = _saids(lambda: [ask()], 1)
    return said


def _saids(ask: Callable[[], list[str]], count: int) -> list[str]:
    """Return the answers, or as many times what the student's code did instead."""
    try:
        return ask()
    except SolutionFault as fault:
        if fault.verdict in (Verdict.TIME_LIMIT, Verdict.MEMORY_LIMIT, Verdict.OUTPUT_LIMIT, Verdict.FORBIDDEN):
            raise
        return [f"{'refused' if fault.verdict is Verdict.WRONG_ANSWER else f'raises {type(fault).__name__}'}"] * count
