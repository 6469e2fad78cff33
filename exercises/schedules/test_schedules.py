"""Public tests of `schedules`: small numbers that you can follow with pencil and paper.

Run them with `pytest schedules`. A solution that passes them is not finished: the grader's hidden checks try more
settings, both sides of every boundary, and long runs beside PyTorch's own schedulers.
"""

import math

import pytest
from looking import describe, refuses, same, wrong

# --- 7.1 Step decay ---------------------------------------------------------------------------------------------------


@pytest.mark.task("7.1")
def test_step_decay_stays_level_for_step_size_epochs(solution):
    follows(
        solution.step_decay,
        {0: 0.8, 1: 0.8, 2: 0.8},
        "README, section 'Step decay'",
        base_lr=0.8,
        step_size=3,
        gamma=0.5,
    )


@pytest.mark.task("7.1")
def test_step_decay_drops_again_and_again(solution):
    follows(
        solution.step_decay,
        {3: 0.4, 5: 0.4, 6: 0.2, 9: 0.1},
        "README, section 'Step decay'. The first drop shows at epoch step_size",
        base_lr=0.8,
        step_size=3,
        gamma=0.5,
    )


@pytest.mark.task("7.1")
def test_step_decay_is_asked_in_any_order(solution):
    for epoch, expected in ((5, 0.4), (0, 0.8), (5, 0.4)):
        follows(
            solution.step_decay,
            {epoch: expected},
            "README, section 'Rules': the value follows from the arguments alone",
            base_lr=0.8,
            step_size=4,
            gamma=0.5,
        )


@pytest.mark.task("7.1")
def test_step_decay_refuses_a_step_size_of_zero(solution):
    refuses(solution.step_decay, 3, base_lr=0.8, step_size=0)


# --- 7.2 Exponential decay --------------------------------------------------------------------------------------------


@pytest.mark.task("7.2")
def test_exponential_decay_starts_at_base_lr(solution):
    follows(solution.exponential_decay, {0: 0.8}, "README, section 'Exponential decay'", base_lr=0.8, gamma=0.5)


@pytest.mark.task("7.2")
def test_exponential_decay_multiplies_at_every_epoch(solution):
    follows(
        solution.exponential_decay,
        {1: 0.4, 2: 0.2, 3: 0.1},
        "README, section 'Exponential decay'",
        base_lr=0.8,
        gamma=0.5,
    )


@pytest.mark.task("7.2")
def test_exponential_decay_may_grow(solution):
    follows(
        solution.exponential_decay,
        {0: 1.0, 1: 2.0, 5: 32.0},
        "the docstring: a gamma above 1 is allowed",
        base_lr=1.0,
        gamma=2.0,
    )


@pytest.mark.task("7.2")
def test_exponential_decay_refuses_a_gamma_of_zero(solution):
    refuses(solution.exponential_decay, 3, base_lr=0.8, gamma=0.0)


# --- 7.3 Cosine annealing ---------------------------------------------------------------------------------------------


@pytest.mark.task("7.3")
def test_cosine_has_its_ends_and_its_middle(solution):
    follows(
        solution.cosine_annealing,
        {0: 0.8, 4: 0.4, 8: 0.0},
        "README, section 'Cosine annealing'",
        base_lr=0.8,
        total_epochs=8,
    )


@pytest.mark.task("7.3")
def test_cosine_falls_slowly_at_first(solution):
    quarter = 0.4 + 0.08**0.5
    follows(
        solution.cosine_annealing,
        {2: quarter, 6: 0.8 - quarter},
        "README, section 'Cosine annealing'",
        base_lr=0.8,
        total_epochs=8,
    )


@pytest.mark.task("7.3")
def test_cosine_lies_between_min_lr_and_base_lr(solution):
    follows(
        solution.cosine_annealing,
        {0: 0.8, 4: 0.5, 8: 0.2},
        "README, section 'Cosine annealing', the paragraph on min_lr",
        base_lr=0.8,
        total_epochs=8,
        min_lr=0.2,
    )


@pytest.mark.task("7.3")
def test_cosine_stays_down(solution):
    follows(
        solution.cosine_annealing,
        {9: 0.2, 12: 0.2, 16: 0.2},
        "README, section 'Conventions'",
        base_lr=0.8,
        total_epochs=8,
        min_lr=0.2,
    )


@pytest.mark.task("7.3")
def test_cosine_refuses_a_min_lr_above_base_lr(solution):
    refuses(solution.cosine_annealing, 3, base_lr=0.8, total_epochs=8, min_lr=0.9)


# --- 7.4 Warm-up and cosine -------------------------------------------------------------------------------------------


@pytest.mark.task("7.4")
def test_warmup_is_a_straight_line(solution):
    follows(
        solution.warmup_cosine,
        {0: 0.2, 1: 0.4, 2: 0.6},
        "README, section 'Warm-up'. Step 0 already learns a little",
        base_lr=0.8,
        warmup_steps=4,
        total_steps=12,
    )


@pytest.mark.task("7.4")
def test_warmup_ends_at_the_peak(solution):
    follows(
        solution.warmup_cosine,
        {3: 0.8, 4: 0.8, 5: 0.4 * (1 + math.cos(math.pi / 8))},
        "README, section 'Warm-up'. Two steps have base_lr, none has more",
        base_lr=0.8,
        warmup_steps=4,
        total_steps=12,
    )


@pytest.mark.task("7.4")
def test_warmup_is_followed_by_a_whole_cosine(solution):
    follows(
        solution.warmup_cosine,
        {8: 0.5, 12: 0.2, 13: 0.2, 20: 0.2},
        "README, section 'Warm-up': the cosine has the steps that the warm-up leaves",
        base_lr=0.8,
        warmup_steps=4,
        total_steps=12,
        min_lr=0.2,
    )


@pytest.mark.task("7.4")
def test_warmup_of_no_steps(solution):
    follows(
        solution.warmup_cosine,
        {0: 0.8, 4: 0.4, 8: 0.0},
        "the docstring: warmup_steps may be 0",
        base_lr=0.8,
        warmup_steps=0,
        total_steps=8,
    )


@pytest.mark.task("7.4")
def test_warmup_refuses_to_be_longer_than_the_run(solution):
    refuses(solution.warmup_cosine, 3, base_lr=0.8, warmup_steps=9, total_steps=8)


# --- 7.5 Reduce on plateau --------------------------------------------------------------------------------------------


@pytest.mark.task("7.5")
def test_plateau_forgives_patience_bad_epochs(solution):
    lives(
        solution.ReduceOnPlateau,
        [3.0, 3.5, 3.5, 3.5, 3.5],
        [0.8, 0.8, 0.8, 0.4, 0.4],
        "README, section 'Reduce on plateau'",
        base_lr=0.8,
        factor=0.5,
        patience=2,
    )


@pytest.mark.task("7.5")
def test_plateau_counts_bad_epochs_in_a_row(solution):
    lives(
        solution.ReduceOnPlateau,
        [3.0, 3.5, 2.0, 2.5, 2.5, 1.0],
        [0.8, 0.8, 0.8, 0.8, 0.4, 0.4],
        "README, section 'Reduce on plateau'. An improvement sets the count to zero",
        base_lr=0.8,
        factor=0.5,
        patience=1,
    )


@pytest.mark.task("7.5")
def test_plateau_asks_for_a_share_of_the_best(solution):
    lives(
        solution.ReduceOnPlateau,
        [4.0, 3.5, 3.0, 2.5],
        [0.8, 0.4, 0.2, 0.2],
        "README, section 'Reduce on plateau': 3 is no improvement over 4, because it is not below 4 * (1 - 0.25)",
        base_lr=0.8,
        factor=0.5,
        patience=0,
        threshold=0.25,
    )


@pytest.mark.task("7.5")
def test_plateau_cools_down(solution):
    lives(
        solution.ReduceOnPlateau,
        [1.0, 1.0, 1.0, 1.0, 1.0, 1.0],
        [0.8, 0.4, 0.4, 0.4, 0.2, 0.2],
        "README, section 'Reduce on plateau', the paragraph on the cooldown",
        base_lr=0.8,
        factor=0.5,
        patience=0,
        cooldown=2,
    )


@pytest.mark.task("7.5")
def test_plateau_in_mode_max_ends_at_min_lr(solution):
    watch = lives(
        solution.ReduceOnPlateau,
        [0.5, 0.6, 0.6, 0.5, math.nan],
        [0.8, 0.8, 0.4, 0.3, 0.3],
        "the docstring of ReduceOnPlateau",
        base_lr=0.8,
        mode="max",
        factor=0.5,
        patience=0,
        min_lr=0.3,
    )
    same("the attribute lr after these epochs", watch.lr, 0.3, "the docstring of ReduceOnPlateau, under Attributes")


@pytest.mark.task("7.5")
def test_plateau_has_lr_at_once_and_refuses_a_factor_above_one(solution):
    one, other = (solution.ReduceOnPlateau(base_lr=base_lr, patience=0) for base_lr in (0.8, 0.4))
    for metric in (1.0, 1.0):
        one.step(metric)
    look = "the docstring of ReduceOnPlateau, under Attributes; each object has its own"
    same("ReduceOnPlateau(base_lr=0.4, patience=0).lr, beside an object with base_lr=0.8", other.lr, 0.4, look)
    refuses(solution.ReduceOnPlateau, base_lr=0.8, factor=1.5)


# --- 7.6 Early stopping -----------------------------------------------------------------------------------------------


@pytest.mark.task("7.6")
def test_stopping_at_the_bad_epoch_number_patience(solution):
    lives(
        solution.EarlyStopping,
        [3.0, 2.0, 2.5, 2.0, 2.25],
        [False, False, False, False, True],
        "README, section 'Early stopping'",
        patience=3,
    )


@pytest.mark.task("7.6")
def test_stopping_counts_bad_epochs_in_a_row(solution):
    lives(
        solution.EarlyStopping,
        [5.0, 5.0, 4.0, 4.0, 3.0, 3.0],
        [False] * 6,
        "README, section 'Early stopping'. An improvement sets the count to zero",
        patience=2,
    )


@pytest.mark.task("7.6")
def test_stopping_asks_for_more_than_min_delta(solution):
    watch = lives(
        solution.EarlyStopping,
        [4.0, 3.5, 3.25, 3.0],
        [False, True, False, True],
        "README, section 'Early stopping': 3.5 is no improvement over 4, because it is better by no more than 0.5",
        patience=1,
        min_delta=0.5,
    )
    same("the attribute best after these epochs", watch.best, 3.25, "the docstring of EarlyStopping")


@pytest.mark.task("7.6")
def test_stopping_goes_on_when_asked(solution):
    lives(
        solution.EarlyStopping,
        [3.0, 3.0, 3.0, 3.0, 1.0, 3.0],
        [False, False, True, True, False, False],
        "the docstring of EarlyStopping: True until an improvement comes",
        patience=2,
    )


@pytest.mark.task("7.6")
def test_stopping_in_mode_max_with_nan(solution):
    watch = lives(
        solution.EarlyStopping,
        [math.nan, 0.5, 0.75, math.nan, 0.5],
        [False, False, False, False, True],
        "README, section 'Conventions': NaN is a bad epoch",
        patience=2,
        mode="max",
    )
    same("the attribute best after these epochs", watch.best, 0.75, "the docstring of EarlyStopping")


@pytest.mark.task("7.6")
def test_stopping_has_an_infinite_best_at_first_and_refuses_a_patience_of_zero(solution):
    for mode, expected in (("min", math.inf), ("max", -math.inf)):
        got = solution.EarlyStopping(patience=2, mode=mode).best
        if got != expected:
            called = f"EarlyStopping(patience=2, mode={mode!r}).best"
            wrong(called, describe(got), f"{expected}", "the docstring of EarlyStopping, under Attributes")
    refuses(solution.EarlyStopping, patience=0)


# --- How the tests ask ------------------------------------------------------------------------------------------------


def follows(function, expected, look, **settings):
    """Ask a schedule for its value at each epoch or step of `expected`."""
    told = ", ".join(f"{name}={value}" for name, value in settings.items())
    for place, value in expected.items():
        same(f"{function.__name__}({place}, {told})", function(place, **settings), value, look)


def lives(kind, metrics, expected, look, **settings):
    """Make an object of a class, show it one metric after the other, and return it."""
    told = ", ".join(f"{name}={value!r}" for name, value in settings.items())
    watch = kind(**settings)
    for epoch, (metric, value) in enumerate(zip(metrics, expected, strict=True)):
        seen = ", ".join(f"{earlier:g}" for earlier in metrics[: epoch + 1])
        called = f"{kind.__name__}({told}), then step with the metrics {seen}: the last answer"
        same(called, watch.step(metric), value, look)
    return watch
