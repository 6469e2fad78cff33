"""Facts that tell the known wrong solutions apart from each other and from the right one.

Two right solutions draw different random numbers, so the facts about `train` are sentences: what can be read from a
state, in classes that lie far apart. Of `predict` the logits are facts, in float64: there rounding stays below 1e-6.
"""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch

from grader.judge import facts
from grader.judge.facts import Fact
from grader.judge.faults import SolutionFault
from grader.judge.suite import Solution, SolutionFunction, Step
from grader.suites.capstone import network
from grader.suites.capstone.network import State

LR = 0.004


def probe(function: str, solution: Solution) -> list[Fact]:
    """Call `solution.<function>` on fixed inputs (at most 40 calls) and return what it did, always in this order.

    A function that gives another result to the same call has nothing further to be compared by.
    """
    return _of_train(solution.train) if function == "train" else _of_predict(solution.predict)


# --- train ------------------------------------------------------------------------------------------------------------


def _of_train(train: SolutionFunction) -> list[Fact]:
    draw = torch.Generator().manual_seed(8)
    x, labels = network.noise(draw, 60)
    asked = _Asked(train, {"x": x, "labels": labels, "num_epochs": 1, "batch_size": 20, "lr": LR, "seed": 1})
    if asked.told(_repeats, {}, {}) == ["another"]:
        return ["the same call gives another result the second time"]
    # One class, and nothing to tell it by: every step of the last bias goes the same way.
    steady = {"x": torch.zeros((64, network.WIDTH)), "labels": torch.zeros(64, dtype=torch.int64)}
    labels_by_count = torch.arange(10).repeat_interleave(_COUNTS)
    blind = {"x": torch.zeros((len(labels_by_count), network.WIDTH)), "labels": labels_by_count}
    wide = dict(zip(("x", "labels"), network.noise(draw, 600, scale=3.0), strict=True))
    few = dict(zip(("x", "labels"), network.noise(draw, 140, scale=3.0), strict=True))
    sorted_rows = dict(zip(("x", "labels"), network.drifting(draw, 400), strict=True))
    start, still, large = {"num_epochs": 0}, {"lr": 0.0}, {"batch_size": 100}
    return [
        *asked.told(_sizes, start),
        *asked.told(_law, start),
        *asked.told(_biases, start),
        *asked.told(_norms, start),
        *asked.told(_seeds, {}, {"seed": 2}),
        *asked.told(_rest, start, still),
        *asked.told(_longest, start, large),
        *asked.told(_alike, start, large),
        *asked.told(_trained, start, {"num_epochs": 2}),
        *asked.told(_large_batch, start, large),
        *asked.told(_epochs, {}, {"num_epochs": 3}),
        *asked.told(_far, steady | start, steady | {"batch_size": 4}),
        *asked.told(_gap, steady | {"num_epochs": 24, "batch_size": 64, "lr": 0.1}),
        *asked.told(_frequencies, blind | {"num_epochs": 30, "batch_size": 80, "lr": 0.03}),
        *asked.told(lambda state: _share(state, wide["x"]), wide | still | {"batch_size": 600}),
        *asked.told(lambda state: _into_second(state, wide["x"]), wide | still | {"batch_size": 600}),
        *asked.told(lambda state: _variance(state, few["x"]), few | still | {"batch_size": 4}),
        *asked.told(lambda state: _halves(state, sorted_rows["x"]), sorted_rows | still | {"batch_size": 20}),
        *asked.told(_finite, {"x": x[:41], "labels": labels[:41]}),
        *facts.purity(train, x + 1, labels, num_epochs=1, batch_size=20, lr=LR, seed=1),
        *asked.refusals({"num_epochs": -1}, {"batch_size": 1}, {"lr": -0.01}),
        *asked.generator(),
    ]


_COUNTS = torch.tensor([76, 52, 36, 24, 18, 12, 8, 6, 4, 4])


class _Asked:
    """The function `train`, and the questions that are put to it."""

    def __init__(self, train: SolutionFunction, settings: dict[str, Any]) -> None:
        self._train, self._settings = train, settings

    def told(self, look: Callable[..., str], *changes: dict[str, Any]) -> list[Fact]:
        """Return what `look` says of the states that calls with these changes return; what stops them, if any is."""
        try:
            return [look(*self._train.many([self._step(change) for change in changes]))]
        except (SolutionFault, ValueError, ArithmeticError) as fault:
            return [f"fails: {type(fault).__name__}"]

    def refusals(self, *changes: dict[str, Any]) -> list[Fact]:
        """Say for each invalid setting whether it is refused with ValueError."""
        steps = [self._step(change) for change in changes]
        return [facts.refusal(self._train, *step.args, **step.kwargs) for step in steps]

    def generator(self) -> list[Fact]:
        """Say whether a call asks or seeds torch's global generator."""
        step = self._step({"seed": 90210})  # of no call before: seeded again alike, the generator looks untouched
        try:
            drew = self._train.observe(*step.args, **step.kwargs).drew_globally
        except (SolutionFault, ValueError, ArithmeticError):
            drew = False
        return [f"{'uses' if drew else 'leaves'} the global generator"]

    def _step(self, change: dict[str, Any]) -> Step:
        settings = self._settings | change
        return Step((settings.pop("x"), settings.pop("labels")), settings)


def _repeats(one: State, again: State) -> str:
    same = all(torch.equal(one[name].nan_to_num(), again[name].nan_to_num()) for name in one)
    return "the same" if same else "another"


def _sizes(state: State) -> str:
    weight = state["fc2.weight"].double()  # its fans are not those of fc1 and fc3, so that all these laws differ
    out, into = weight.shape
    laws = {"He": 2 / into, "He by fan-out": 2 / out, "Xavier": 2 / (into + out), "1 / fan-in": 1 / into}
    laws |= {"0.01": 0.01**2, "1": 1.0}
    size = math.log(float(weight.square().mean()) + 1e-12)
    return f"weights of the size {min(laws, key=lambda name: abs(size - math.log(laws[name])))}"


def _law(state: State) -> str:
    return f"weights follow a {'normal' if network.kurtosis(state['fc2.weight']) > 2.4 else 'uniform'} law"


def _biases(state: State) -> str:
    return f"biases that start elsewhere: {[name for name in state if 'fc' in name and _is_elsewhere(name, state)]}"


def _norms(state: State) -> str:
    return f"norms that start elsewhere: {[name for name in state if 'bn' in name and _is_elsewhere(name, state)]}"


def _is_elsewhere(name: str, state: State) -> bool:
    if name.startswith("fc") and name.endswith("weight"):
        return False
    return not bool((state[name] == float(name.endswith(("n1.weight", "n2.weight", "running_var")))).all())


def _seeds(one: State, other: State) -> str:
    return f"another seed, {'the same' if torch.equal(one['fc1.weight'], other['fc1.weight']) else 'another'} start"


def _rest(before: State, after: State) -> str:
    return f"at lr=0 parameters {'rest' if max(network.moved(before, after).values()) < 1e-6 else 'move'}"


def _longest(before: State, after: State) -> str:
    longest = max(network.moved(before, after).values()) / LR
    return f"the first step is {f'{longest:.0f} times as long as' if longest > 1.5 else 'within'} lr"


def _alike(before: State, after: State) -> str:
    step = (after["fc3.weight"] - before["fc3.weight"]).abs()
    return f"elements step {'alike' if step.median() >= 0.9 * step.max() else 'as far as their gradients say'}"


def _trained(before: State, after: State) -> str:
    return f"at rest: {[name for name in before if bool(((after[name] - before[name]).abs() <= 1e-6).all())]}"


def _large_batch(before: State, after: State) -> str:
    return f"a batch larger than the data {'trains' if max(network.moved(before, after).values()) else 'is dropped'}"


def _epochs(one: State, three: State) -> str:
    same = all(torch.equal(one[name], three[name]) for name in network.PARAMETERS)
    return f"three epochs {'end where one does' if same else 'are more than one'}"


def _far(before: State, after: State) -> str:
    return f"sixteen steps are {'one' if network.moved(before, after)['fc3.bias'] < 1.5 * LR else 'many'}"


def _gap(state: State) -> str:
    logits = network.logits_of(state, torch.zeros((1, network.WIDTH)))[0]
    return f"certainty {'settles' if float(logits[0] - logits[1:].mean()) < 100 else 'grows without end'}"


def _frequencies(state: State) -> str:
    found = network.logits_of(state, torch.zeros((1, network.WIDTH)))[0].softmax(0)
    apart = float((found - _COUNTS / _COUNTS.sum()).abs().sum() / 2)
    return f"probabilities {'follow the' if apart < 0.45 else 'are no'} frequencies"


def _share(state: State, x: torch.Tensor) -> str:
    share = network.share_of_first_batch(state, x)
    return f"running means take {'all' if share > 0.95 else f'{share:.1f}'} of a batch"


def _into_second(state: State, x: torch.Tensor) -> str:
    spread = network.noise_in_second_layer(state, x, torch.Generator().manual_seed(1))
    if not spread > 0:
        return "nothing can be said of dropout"
    kinds = {"as it should": 1.0, "without dropout": 0.7, "not scaled": 0.49, "keeping p": 2.4, "not normalised": 9.0}
    return f"the second layer varies {min(kinds, key=lambda kind: abs(math.log(spread / kinds[kind])))}"


def _variance(state: State, x: torch.Tensor) -> str:
    ratio = network.ratio_of_variances(state, x)
    kind = "biased" if 0.6 < ratio < 0.87 else "unbiased" if 0.87 < ratio < 1.15 else "neither"
    return f"the variance kept is {kind}"


def _halves(state: State, x: torch.Tensor) -> str:
    return f"the order of the data {'shows' if network.weight_of_second_half(state, x) > 0.65 else 'does not show'}"


def _finite(state: State) -> str:
    return f"a last batch of one {'does no harm' if all(v.isfinite().all() for v in state.values()) else 'makes NaN'}"


# --- predict ----------------------------------------------------------------------------------------------------------


def _of_predict(predict: SolutionFunction) -> list[Fact]:
    draw = torch.Generator().manual_seed(8)
    x = torch.randn((6, network.WIDTH), generator=draw, dtype=torch.float64)
    state = {name: value.double() for name, value in network.random_state(draw).items()}
    first, second = (facts.of_call(predict, state, x)[0] for _ in range(2))
    if isinstance(first, torch.Tensor) and isinstance(second, torch.Tensor) and not torch.equal(first, second):
        return ["the same call gives another result the second time"]
    calm = {
        name: torch.full_like(value, float(name.endswith(("n1.weight", "n2.weight", "var"))))
        if name.startswith("bn")
        else value
        for name, value in state.items()
    }
    tiny = state | {"bn2.running_var": torch.full((64,), 1e-6, dtype=torch.float64)}
    none = state | {"bn2.running_var": torch.zeros(64, dtype=torch.float64)}
    return [
        first,
        *facts.of_call(predict, calm, x),
        *facts.of_call(predict, calm | {name: state[name] for name in state if name.startswith("bn1")}, x),
        *facts.of_call(predict, calm | {name: state[name] for name in state if name.startswith("bn2")}, x),
        *facts.of_call(predict, tiny, x),
        *facts.of_call(predict, none, x),
        *facts.of_call(predict, state, x[:1]),
        *facts.purity(predict, state, x),
        _changed(predict, state, x),
    ]


def _changed(predict: SolutionFunction, state: State, x: torch.Tensor) -> str:
    try:
        after = predict.observe(state, x).arguments[0]
    except SolutionFault:
        return "fails"
    return f"changes {[name for name in state if not torch.equal(after[name], state[name])]}"
