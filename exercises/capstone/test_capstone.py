"""Public tests of `capstone`: a small run, looked at from several sides, and PyTorch's own layers.

Run them with `pytest capstone`. A solution that passes them is not finished: the grader trains on data of its own and
looks closer at what your state tells.
"""

import math

import pytest
import torch
from looking import describe, pure, refuses, same, wrong

torch.set_num_threads(1)  # the matrices are small: threads would wait for each other longer than they work

SHAPES = {
    "fc1.weight": (128, 64),
    "fc1.bias": (128,),
    "bn1.weight": (128,),
    "bn1.bias": (128,),
    "bn1.running_mean": (128,),
    "bn1.running_var": (128,),
    "fc2.weight": (64, 128),
    "fc2.bias": (64,),
    "bn2.weight": (64,),
    "bn2.bias": (64,),
    "bn2.running_mean": (64,),
    "bn2.running_var": (64,),
    "fc3.weight": (10, 64),
    "fc3.bias": (10,),
}


# --- 8.1 train --------------------------------------------------------------------------------------------------------


@pytest.mark.task("8.1")
def test_without_an_epoch_the_state_is_the_initial_one(solution):
    x, labels = blobs(40)
    called = "train(x, y, num_epochs=0, batch_size=20, lr=0.01, seed=1)"
    state = trained(solution, called, x, labels, num_epochs=0, batch_size=20, lr=0.01, seed=1)
    for name, fill in (("fc1.bias", 0.0), ("bn1.weight", 1.0), ("bn2.running_mean", 0.0), ("bn2.running_var", 1.0)):
        same(f"{called}['{name}'][:3]", state[name][:3], torch.full((3,), fill), "capstone.py, the paragraph 'Start'")
    for name in ("fc1.weight", "fc2.weight"):
        got, wanted = state[name].std().item(), math.sqrt(2 / SHAPES[name][1])
        if not 0.95 * wanted < got < 1.05 * wanted:
            look = "README, section 'Conventions': He's rule, and which number of the shape is the fan-in"
            wrong(called, f"{name} with a standard deviation of {got:.4f}", f"about {wanted:.4f}", look)


@pytest.mark.task("8.1")
def test_the_seed_decides(solution):
    x, labels = blobs(60)
    settings = {"num_epochs": 1, "batch_size": 20, "lr": 0.01}
    one, again, other = (solution.train(x, labels, **settings, seed=seed) for seed in (1, 1, 2))
    called = "train(x, y, num_epochs=1, batch_size=20, lr=0.01, seed=...)"
    look = "README, section 'Rules': one generator, made from the seed, for all that is drawn"
    if not torch.equal(one["fc3.weight"], again["fc3.weight"]):
        wrong(called, "different weights from two calls with seed=1", "the very same", look)
    if torch.equal(one["fc3.weight"], other["fc3.weight"]):
        wrong(called, "the same weights with seed=1 and seed=2", "different ones", look)


@pytest.mark.task("8.1")
def test_one_batch_is_learnt_by_heart(solution):
    x = torch.randn((20, 64), generator=torch.Generator().manual_seed(5))
    labels = torch.arange(20) % 10
    state = solution.train(x, labels, num_epochs=80, batch_size=20, lr=0.02, seed=1)
    got = accuracy(state, x, labels)
    if got < 0.75:
        called = "train on 20 random samples with random labels, num_epochs=80, batch_size=20, lr=0.02"
        look = "README, section 'Debugging'. Do all gradients arrive, and does every step use them?"
        wrong(called, f"{got:.0%} of these very samples right", "at least 75%", look)


@pytest.mark.task("8.1")
def test_it_learns_what_holds_for_other_samples_too(solution):
    x, labels = blobs(700)
    state = solution.train(x[:300], labels[:300], num_epochs=8, batch_size=32, lr=0.01, seed=1)
    got = accuracy(state, x[300:], labels[300:])
    if got < 0.85:
        called = "train on 300 samples of ten blobs, num_epochs=8, batch_size=32, lr=0.01"
        look = "README, section 'Debugging'"
        wrong(called, f"{got:.0%} of 400 other samples right", "at least 85%", look)


@pytest.mark.task("8.1")
def test_running_statistics_take_a_tenth_of_each_batch(solution):
    x, labels = blobs(200)
    state = solution.train(x, labels, num_epochs=1, batch_size=200, lr=0.0, seed=1)
    flowed = torch.relu(x @ state["fc1.weight"].T + state["fc1.bias"]).mean(0)
    got = (state["bn1.running_mean"] @ flowed / (flowed @ flowed)).item()
    if not 0.08 < got < 0.12:
        called = "train(x, y, num_epochs=1, batch_size=200, lr=0, seed=1): one step on 200 samples"
        look = "README, section 'Conventions': order of the layers, momentum of the running statistics"
        wrong(called, f"bn1.running_mean with {got:.3f} of the mean of ReLU's output", "0.1 of it", look)


@pytest.mark.task("8.1")
def test_a_last_batch_of_one_does_no_harm(solution):
    x, labels = blobs(21)
    called = "train on 21 samples with batch_size=10"
    state = trained(solution, called, x, labels, num_epochs=1, batch_size=10, lr=0.01, seed=1)
    for name, value in state.items():
        if not value.isfinite().all():
            look = "capstone.py, the paragraph 'Epoch': one value has no variance"
            wrong(called, f"NaN or infinity in {name}", "finite values", look)


@pytest.mark.task("8.1")
def test_train_is_pure_and_refuses_a_batch_size_of_one(solution):
    x, labels = blobs(20)
    pure(solution.train, x + 1, labels, num_epochs=1, batch_size=10, lr=0.01, seed=1)
    refuses(solution.train, x, labels, num_epochs=1, batch_size=1, lr=0.01, seed=1)


# --- 8.2 predict ------------------------------------------------------------------------------------------------------


@pytest.mark.task("8.2")
def test_logits_are_those_of_pytorch(solution):
    state, x = any_state(), blobs(5)[0]
    same(
        "predict(state, x) with a random state and five rows",
        solution.predict(state, x),
        twin(state)(x).detach(),
        "capstone.py, the formula in the docstring of predict",
        rtol=1e-4,
        atol=1e-4,
    )


@pytest.mark.task("8.2")
def test_a_row_alone_has_the_same_logits(solution):
    state, x = any_state(), blobs(5)[0]
    same(
        "predict(state, x[:1]), beside the first row of predict(state, x)",
        solution.predict(state, x[:1]),
        solution.predict(state, x)[:1],
        "README, section 'Training and evaluation'",
        rtol=1e-4,
        atol=1e-4,
    )


@pytest.mark.task("8.2")
def test_predict_draws_nothing(solution):
    state, x = any_state(), blobs(5)[0]
    same(
        "predict(state, x), called twice",
        solution.predict(state, x),
        solution.predict(state, x),
        "README, section 'Training and evaluation': dropout is off",
    )


@pytest.mark.task("8.2")
def test_predict_only_reads_the_state(solution):
    pure(solution.predict, any_state(), blobs(5)[0])


# --- Data and helpers -------------------------------------------------------------------------------------------------


def blobs(count):
    """Return samples around ten random centres, and their labels."""
    draw = torch.Generator().manual_seed(7)
    centres = torch.randn((10, 64), generator=draw)
    labels = torch.randint(10, (count,), generator=draw)
    return 0.6 * centres[labels] + torch.randn((count, 64), generator=draw), labels


def any_state():
    """Return a state with random values everywhere."""
    draw = torch.Generator().manual_seed(11)
    state = {name: 0.3 * torch.randn(shape, generator=draw) for name, shape in SHAPES.items()}
    return {name: value.abs() + 0.5 if name.endswith("running_var") else value for name, value in state.items()}


def twin(state):
    """Return PyTorch's network in evaluation mode, with the values of a state."""
    layers = {}
    for linear, norm, sizes in (("fc1", "bn1", (64, 128)), ("fc2", "bn2", (128, 64))):
        layers[linear], layers[f"relu of {linear}"] = torch.nn.Linear(*sizes), torch.nn.ReLU()
        layers[norm], layers[f"dropout of {linear}"] = torch.nn.BatchNorm1d(sizes[1]), torch.nn.Dropout(0.3)
    network = torch.nn.Sequential()
    for name, layer in {**layers, "fc3": torch.nn.Linear(64, 10)}.items():
        network.add_module(name, layer)
    network.load_state_dict(state, strict=False)
    return network.eval()


def accuracy(state, x, labels):
    return (twin(state)(x).argmax(1) == labels).float().mean().item()


def trained(solution, called, x, labels, **settings):
    """Train, and see that the state has the right names, shapes and dtype."""
    state = solution.train(x, labels, **settings)
    look = "capstone.py, the list of keys at its top"
    if not isinstance(state, dict) or set(state) != set(SHAPES):
        wrong(called, sorted(state) if isinstance(state, dict) else describe(state), f"a dict of {list(SHAPES)}", look)
    for name, shape in SHAPES.items():
        value = state[name]
        if not isinstance(value, torch.Tensor) or value.dtype != torch.float32 or tuple(value.shape) != shape:
            wrong(called, f"{name} = {describe(value)}", f"a torch.float32 tensor of shape {shape}", look)
    return state
