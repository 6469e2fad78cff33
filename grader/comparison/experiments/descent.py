"""Gradient descent in its parts: losses whose gradients drive a regression, clipping, batches, a line that is fitted.

The judge owns weights, data and updates, and computes every loss that is drawn; a student's loss is compared with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from grader.comparison.case import Case
from grader.comparison.experiments.stepping import LOOK_EVERY
from grader.comparison.finding import World
from grader.comparison.networks import Mlp, Params, accuracy
from grader.comparison.problems import Fitting, batches, clusters, data_of
from grader.comparison.run import Run
from grader.domain.picture import Picture
from grader.judge.suite import Solution, Step

STEPS = 25
CURVE_STEPS = 100

Loss = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""Returns a loss, and its gradient for the first argument."""


# --- Losses -----------------------------------------------------------------------------------------------------------


def with_autograd(loss: Callable[[Tensor, Tensor], Tensor]) -> Loss:
    """Return PyTorch's loss together with PyTorch's gradient."""

    def both(pred: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        leaf = pred.detach().requires_grad_()
        value = loss(leaf, target)
        return value.detach(), torch.autograd.grad(value, leaf)[0]

    return both


def squares(*, outputs: int | None, scale: float) -> Case:
    """Return a linear regression on the student's `mse_loss`; `outputs` is `None` for predictions (N,)."""

    def run(loss: Loss, draw: torch.Generator) -> Run:
        x = torch.randn((40, 5), generator=draw, dtype=torch.float64)
        shape = (5,) if outputs is None else (5, outputs)
        target = scale * (x @ torch.randn(shape, generator=draw, dtype=torch.float64))
        target = target + scale * torch.randn(target.shape, generator=draw, dtype=torch.float64)
        return _regression(x, target, torch.zeros(shape, dtype=torch.float64), loss, rate=0.1)

    return _loss_case(lambda solution: solution.mse_loss, functional.mse_loss, run)


def classes(*, scale: float) -> Case:
    """Return a softmax regression on the student's `cross_entropy_loss`, its logits of about this size at first."""

    def run(loss: Loss, draw: torch.Generator) -> Run:
        x = torch.randn((40, 5), generator=draw, dtype=torch.float64)
        labels = torch.randint(7, (40,), generator=draw)
        weight = scale * torch.randn((5, 7), generator=draw, dtype=torch.float64)
        return _regression(x, labels, weight, loss, rate=0.5 * scale)

    return _loss_case(lambda solution: solution.cross_entropy_loss, functional.cross_entropy, run)


def _loss_case(
    mine: Callable[[Solution], Loss],
    twin: Callable[[Tensor, Tensor], Tensor],
    run: Callable[[Loss, torch.Generator], Run],
) -> Case:
    return Case(
        mine=lambda solution, draw: run(mine(solution), draw), twin=lambda _mine, draw: run(with_autograd(twin), draw)
    )


def _regression(x: Tensor, target: Tensor, weight: Tensor, loss: Loss, *, rate: float) -> Run:
    """Follow a loss's gradient for a linear map; loss, gradient and weights are compared."""
    run = Run()
    for _ in range(STEPS):
        value, grad = loss(x @ weight, target)
        weight = weight - rate * (x.t() @ grad)
        run.add({"loss": value, "gradient": grad, "weight": weight})
    return run


def softmax_curve(loss: Loss, world: World, draw: torch.Generator) -> Run:
    """Train a softmax regression on the exercise's data with a loss's gradients; the judge computes the loss drawn."""
    labelled = data_of(world, draw).to(world.device, torch.float32)
    network = Mlp((labelled.x_train.shape[1], labelled.classes))
    weight, bias = network.start(draw, torch.float32, world.device)
    rows = batches(len(labelled.y_train), 64, CURVE_STEPS, draw)
    run = Run()
    for step, chosen in enumerate(rows):
        x, labels = labelled.x_train[chosen], labelled.y_train[chosen]
        logits = network.logits([weight, bias], x)
        run.note("loss", float(functional.cross_entropy(logits, labels)))
        if step % LOOK_EVERY == 0:
            run.note("accuracy", accuracy(network.logits([weight, bias], labelled.x_test), labelled.y_test))
        grad = loss(logits, labels)[1].to(world.device)
        weight, bias = weight - 0.2 * (grad.t() @ x), bias - 0.2 * grad.sum(0)
    return run


# --- Clipping ---------------------------------------------------------------------------------------------------------

_DEEP = Mlp((6, 8, 8, 8, 4))


def clipped(*, max_norm: float, steepness: float, pictures: Callable[[Run, Run], list[Picture]] | None = None) -> Case:
    """Return a deep network whose weights start `steepness` times too large, trained with gradients that are clipped.

    The curves are "loss" and "norm", that of the gradients before they are clipped.
    """

    def run(clip: Callable[[Params], tuple[Params, Tensor]], draw: torch.Generator) -> Run:
        labelled = clusters(draw)
        rows = batches(len(labelled.y_train), 32, STEPS, draw)
        params = [steepness * param for param in _DEEP.start(draw, torch.float64)]
        problem = Fitting(_DEEP, labelled, rows, params)
        found = Run()
        for step in range(STEPS):
            loss, grads = problem.at(params, step)
            kept, norm = clip(grads)
            found.note("loss", loss)
            found.note("norm", float(norm))
            params = [param - 0.3 * grad for param, grad in zip(params, kept, strict=True)]
            named = {f"gradients/{name}": grad for name, grad in zip(_DEEP.names, kept, strict=True)}
            weights = {f"theta/{name}": param for name, param in zip(_DEEP.names, params, strict=True)}
            found.add({"norm": norm, **named, **weights})
        return found

    def students(solution: Solution) -> Callable[[Params], tuple[Params, Tensor]]:
        return lambda grads: solution.clip_by_global_norm(grads, max_norm=max_norm)

    return Case(
        mine=lambda solution, draw: run(students(solution), draw),
        twin=lambda _mine, draw: run(lambda grads: _clipped(grads, max_norm), draw),
        pictures=pictures or (lambda _mine, _twin: []),
    )


def _clipped(grads: Params, max_norm: float) -> tuple[Params, Tensor]:
    """Clip as `torch.nn.utils.clip_grad_norm_` does, without the 1e-6 that it adds to the norm."""
    norm = torch.nn.utils.get_total_norm(grads)
    return [grad * (max_norm / norm) for grad in grads] if float(norm) > max_norm else grads, norm


# --- Batches ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cut:
    """How an epoch is cut into batches."""

    num_samples: int
    batch_size: int
    drop_last: bool = False

    @property
    def sizes(self) -> list[int]:
        """The sizes of the batches."""
        whole, rest = divmod(self.num_samples, self.batch_size)
        return [self.batch_size] * whole + ([rest] if rest and not self.drop_last else [])

    def calls(self, seeds: Sequence[int]) -> list[Step]:
        """Return one call per seed."""
        return [
            Step((self.num_samples, self.batch_size), {"seed": seed, "drop_last": self.drop_last}) for seed in seeds
        ]


CUTS = (Cut(60, 1), Cut(60, 16), Cut(60, 60), Cut(61, 20), Cut(61, 20, drop_last=True), Cut(60, 20, drop_last=True))
_EPOCHS = 4


def partitions(pictures: Callable[[Run, Run], list[Picture]]) -> Case:
    """Return epochs of a linear regression on the student's batches; each state is what is true of one way to cut.

    Which sample comes when is the student's to draw: the twin takes it over, so what is compared is that the batches
    are a partition of the right sizes, shuffled, by their seed, and the weights after the epochs. The curves are the
    losses for batches of one sample, sixteen and all.
    """

    def mine(solution: Solution, draw: torch.Generator) -> Run:
        seeds = torch.randint(2**31, (_EPOCHS,), generator=draw).tolist()
        told = [solution.minibatches.many(cut.calls(seeds)) for cut in CUTS]
        return _epochs(told, draw)

    def twin(shown: Run, draw: torch.Generator) -> Run:
        torch.randint(2**31, (_EPOCHS,), generator=draw)  # the seeds, drawn by both
        right = Run(curves=shown.curves)
        for cut, state in zip(CUTS, shown.states, strict=True):
            right.states.append(
                {
                    "sizes": torch.tensor(cut.sizes * _EPOCHS, dtype=torch.float64),
                    "samples": _numbered(cut),
                    "shuffled": torch.ones(_EPOCHS, dtype=torch.float64),
                    "epochs": torch.tensor(1.0 if cut.batch_size < cut.num_samples else float(state["epochs"])),
                }
            )
        return right

    return Case(mine=mine, twin=twin, pictures=pictures)


def _numbered(cut: Cut) -> Tensor:
    """Return what the samples of each epoch are when they are sorted; of those that are left out nobody knows which."""
    count = sum(cut.sizes)
    whole = count == cut.num_samples
    return (torch.arange(count) if whole else torch.ones(count)).double().repeat(_EPOCHS)


def _epochs(told: list[list[list[Tensor]]], draw: torch.Generator) -> Run:
    x = torch.randn((64, 5), generator=draw, dtype=torch.float64)
    target = x @ torch.randn(5, generator=draw, dtype=torch.float64) + torch.randn(
        64, generator=draw, dtype=torch.float64
    )
    run = Run()
    for cut, epochs in zip(CUTS, told, strict=True):
        run.add(_facts(cut, epochs))
        if _is_partition(cut, epochs):
            run.curves.setdefault(_words(cut), _losses(x[: cut.num_samples], target[: cut.num_samples], epochs))
    return run


def _facts(cut: Cut, epochs: list[list[Tensor]]) -> dict[str, Tensor]:
    orders = [torch.cat([torch.empty(0, dtype=torch.int64), *batches]) for batches in epochs]
    whole = sum(cut.sizes) == cut.num_samples
    seen = [
        order.sort().values.double() if whole else (len(set(order.tolist())) == order.numel()) * _within(order, cut)
        for order in orders
    ]
    differ = all(not torch.equal(orders[0], order) for order in orders[1:])
    return {
        "sizes": torch.tensor([float(len(batch)) for batches in epochs for batch in batches], dtype=torch.float64),
        "samples": torch.cat(seen),
        "shuffled": torch.tensor([float(_is_shuffled(cut, batches)) for batches in epochs], dtype=torch.float64),
        "epochs": torch.tensor(float(differ), dtype=torch.float64),
    }


def _within(order: Tensor, cut: Cut) -> Tensor:
    return ((order >= 0) & (order < cut.num_samples)).double()


def _is_shuffled(cut: Cut, batches: list[Tensor]) -> bool:
    """Tell whether neighbours were separated, and samples from all over brought together.

    In a random order of 60 about one pair of neighbours stays together, and more than twelve with a probability of
    6e-11; a batch of 16 or 20 holds a run of neighbours alone with one of 1e-13.
    """
    order = torch.cat([torch.empty(0, dtype=torch.int64), *batches])
    together = int(((order[1:] - order[:-1]) % cut.num_samples == 1).sum())
    of_a_kind = [len(batch) > 1 and int(batch.max() - batch.min()) == len(batch) - 1 for batch in batches]
    return together <= 12 and not (len(batches) > 1 and any(of_a_kind))


def _is_partition(cut: Cut, epochs: list[list[Tensor]]) -> bool:
    """Tell whether the samples can be trained on: each is there, none twice."""
    right = torch.arange(cut.num_samples)
    return not cut.drop_last and all(
        bool(batches) and torch.equal(torch.cat(batches).sort().values, right) for batches in epochs
    )


def _losses(x: Tensor, target: Tensor, epochs: list[list[Tensor]]) -> list[float]:
    """Return the loss over all samples before each epoch and after the last, along the batches of these epochs."""
    weight, losses = torch.zeros(x.shape[1], dtype=x.dtype), []
    for rows in (rows for cut in epochs for rows in cut):
        losses.append(float(functional.mse_loss(x @ weight, target)))
        weight = weight - 0.05 * 2 * (x[rows].t() @ (x[rows] @ weight - target[rows])) / len(rows)
    return [*losses, float(functional.mse_loss(x @ weight, target))]


def _words(cut: Cut) -> str:
    if cut.batch_size == cut.num_samples:
        return "all samples at once"
    return "one sample at a time" if cut.batch_size == 1 else f"batches of {cut.batch_size}"


# --- Fitting a line ---------------------------------------------------------------------------------------------------

RATES = {
    "far too small": 0.01,
    "small": 0.15,
    "good": 0.9,
    "nearly too large": 1.95,
    "too large": 2.1,
}
"""Learning rates, in units of one over the largest curvature: above 2 gradient descent diverges."""
FIT_STEPS = 40


def fitted(pictures: Callable[[Run, Run], list[Picture]]) -> Case:
    """Return `fit_linear` at learning rates from far too small to divergent; the curves are the losses of each."""

    def problem(draw: torch.Generator) -> tuple[Tensor, Tensor, dict[str, float]]:
        x = torch.randn((48, 3), generator=draw, dtype=torch.float64) * torch.tensor([1.0, 0.5, 2.0]).double() + 0.5
        y = x @ torch.randn(3, generator=draw, dtype=torch.float64) + 1
        y = y + 0.3 * torch.randn(48, generator=draw, dtype=torch.float64)
        wide = torch.cat([x, torch.ones((48, 1), dtype=torch.float64)], 1)
        curvature = float(torch.linalg.eigvalsh(2 * wide.t() @ wide / 48).max())
        return x, y, {words: share / curvature for words, share in RATES.items()}

    def mine(solution: Solution, draw: torch.Generator) -> Run:
        x, y, rates = problem(draw)
        calls = [Step((x, y), {"lr": rate, "num_steps": FIT_STEPS}) for rate in rates.values()]
        return _fits(dict(zip(rates, solution.fit_linear.many(calls), strict=True)))

    def twin(_mine: Run, draw: torch.Generator) -> Run:
        x, y, rates = problem(draw)
        return _fits({words: _pytorchs_fit(x, y, rate) for words, rate in rates.items()})

    return Case(mine=mine, twin=twin, pictures=pictures)


def _fits(found: dict[str, tuple[Tensor, Tensor, Tensor]]) -> Run:
    run = Run(curves={words: losses.tolist() for words, (_, _, losses) in found.items()})
    for step in range(FIT_STEPS):
        run.add({f"loss, lr {words}": losses[step] for words, (_, _, losses) in found.items()})
    for words, (weight, bias, _) in found.items():
        run.states[-1] |= {f"weight, lr {words}": weight, f"bias, lr {words}": bias}
    return run


def _pytorchs_fit(x: Tensor, y: Tensor, rate: float) -> tuple[Tensor, Tensor, Tensor]:
    weight = torch.zeros(x.shape[1], dtype=x.dtype, requires_grad=True)
    bias = torch.zeros((), dtype=x.dtype, requires_grad=True)
    optimizer = torch.optim.SGD([weight, bias], lr=rate, foreach=False)
    losses = []
    for _ in range(FIT_STEPS):
        optimizer.zero_grad()
        loss = functional.mse_loss(x @ weight + bias, y)
        loss.backward()  # type: ignore[no-untyped-call]  # torch has no types here
        losses.append(loss.detach())
        optimizer.step()
    return weight.detach(), bias.detach(), torch.stack(losses)
