"""Each form that a manifest can ask for: what is taken, as what a test sees it, and the words for the rest."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from grader.domain.errors import ManifestError
from grader.domain.exercise import Task
from grader.domain.form import Form, Kind
from grader.judge.faults import ResultRefused
from grader.judge.forms import conforming, held_to, hold_together

X = torch.zeros(4, 2, 3, dtype=torch.float64)
GIVEN: dict[str, Any] = {"x": X, "n": 5, "shape": (2, 7), "several": [X, X[0].float()], "none": []}


def held(form: Form, value: Any) -> Any:
    return held_to(form, value, "f(...) returned", GIVEN)


def refused(form: Form, value: Any) -> str:
    with pytest.raises(ResultRefused) as caught:
        held(form, value)
    words = str(caught.value)
    assert words.startswith("f(...) returned")
    return words.removeprefix("f(...) returned").removeprefix(" ")


NUMBER = Form(name="v", kind=Kind.NUMBER)
INTEGER = Form(name="v", kind=Kind.INTEGER)
FLAG = Form(name="v", kind=Kind.FLAG)


@pytest.mark.parametrize(
    ("form", "value", "seen"),
    [
        (NUMBER, 2, 2.0),
        (NUMBER, 0.5, 0.5),
        (NUMBER, torch.tensor(0.5), 0.5),
        (NUMBER, np.float64(0.5), 0.5),
        (NUMBER, torch.tensor(3), 3.0),
        (NUMBER, math.inf, math.inf),
        (INTEGER, 7, 7),
        (INTEGER, np.int64(7), 7),
        (INTEGER, torch.tensor(7), 7),
        (FLAG, True, True),
        (FLAG, np.bool_(False), False),
        (FLAG, torch.tensor(True), True),
    ],
)
def test_a_single_value_is_seen_as_plain_python(form: Form, value: Any, seen: Any) -> None:
    got = held(form, value)
    assert (got, type(got)) == (seen, type(seen))


@pytest.mark.parametrize(
    ("form", "value", "words"),
    [
        (NUMBER, True, "the truth value True; expected a number."),
        (NUMBER, None, "nothing (None); expected a number."),
        (NUMBER, "0.5", "a text; expected a number."),
        (NUMBER, torch.ones(1), "a tensor of torch.float32 and shape (1,); expected a number."),
        (NUMBER, torch.tensor(True), "a tensor of torch.bool and shape (); expected a number."),
        (NUMBER, 10**400, "a number that no float can hold; expected a number."),
        (INTEGER, 2.0, "the number 2.0; expected a whole number (int)."),
        (INTEGER, True, "the truth value True; expected a whole number (int)."),
        (FLAG, 1, "the number 1; expected True or False."),
        (FLAG, [True], "a list of 1 value; expected True or False."),
    ],
)
def test_a_single_value_of_another_kind_is_refused_in_words(form: Form, value: Any, words: str) -> None:
    assert refused(form, value) == words


@pytest.mark.parametrize(
    ("form", "shape", "dtype"),
    [
        (Form(name="v", like="x"), (4, 2, 3), torch.float64),
        (Form(name="v", shape="x", dtype="bool"), (4, 2, 3), torch.bool),
        (Form(name="v", shape="x[1:]", dtype="x"), (2, 3), torch.float64),
        (Form(name="v", shape="shape", dtype="float32"), (2, 7), torch.float32),
        (Form(name="v", shape=("x.0", "n", 1), dtype="int64"), (4, 5, 1), torch.int64),
        (Form(name="v", shape=("*", "x.2"), dtype="several"), (9, 3), torch.float64),
        (Form(name="v", shape=(), dtype="x"), (), torch.float64),
        (Form(name="v"), (1, 8), torch.int8),
    ],
)
def test_a_tensor_is_held_to_shape_and_dtype(form: Form, shape: tuple[int, ...], dtype: torch.dtype) -> None:
    right = torch.zeros(shape, dtype=dtype)
    assert torch.equal(held(form, right), right)
    if form != Form(name="v"):
        assert "expected" in refused(form, torch.zeros((*shape, 1), dtype=dtype))
        assert "expected torch." in refused(form, torch.zeros(shape, dtype=torch.int16))


def test_any_size_is_told_as_any() -> None:
    form = Form(name="v", shape=("*", 3), dtype="float32")
    assert refused(form, torch.zeros(3)) == "a tensor of shape (3,); expected (any, 3)."


def test_a_list_of_tensors_is_held_item_by_item() -> None:
    form = Form(name="v", kind=Kind.TENSORS, like="several")
    got = held(form, (X + 1, X[0].float()))
    assert isinstance(got, list) and torch.equal(got[0], X + 1)
    assert refused(form, [X]) == "a list of 1 tensor; expected 2 tensors, as many as the argument has."
    assert refused(form, X) == "a tensor of torch.float64 and shape (4, 2, 3); expected a list of tensors."
    assert refused(form, [X, X[0]]) == ("at position 1 of the list a tensor of torch.float64; expected torch.float32.")
    loose = Form(name="v", kind=Kind.TENSORS, shape=("*",), dtype="int64")
    assert held(loose, []) == []
    assert [len(part) for part in held(loose, [torch.arange(2), torch.arange(0)])] == [2, 0]
    assert "expected (any,)" in refused(loose, [torch.zeros(2, 2, dtype=torch.int64)])


def test_a_state_has_the_very_names_and_shapes() -> None:
    form = Form(name="state", kind=Kind.STATE, dtype="float32", entries={"a.weight": (2, 3), "a.bias": (2,)})
    right = {"a.weight": torch.ones(2, 3), "a.bias": torch.ones(2)}
    assert held(form, right).keys() == right.keys()
    assert refused(form, [right]) == "a list of 1 value; expected a dictionary of tensors."
    assert refused(form, {"a.weight": torch.ones(2, 3)}) == "a dictionary without 'a.bias'."
    assert "with 'more', which is none" in refused(form, {**right, "more": torch.ones(1)})
    assert ", under 'a.bias', a tensor of shape (3,); expected (2,)" in refused(
        form, {**right, "a.bias": torch.ones(3)}
    )


def test_data_is_handed_back_as_it_came() -> None:
    cache = {"anything": (X, 1, None, "text", [True])}
    assert held(Form(name="cache", kind=Kind.DATA), cache) is cache


def test_several_values_of_mixed_kinds_are_named_in_the_refusal() -> None:
    forms = (Form(name="v", kind=Kind.NUMBER), Form(name="x", like="x"))
    assert conforming((1, X), forms, "f(...)", GIVEN)[0] == 1.0
    with pytest.raises(ResultRefused, match=r"expected 2 values \(v, x\)"):
        conforming((1,), forms, "f(...)", GIVEN)


@pytest.mark.parametrize(
    ("form", "needs"),
    [
        (Form(name="v", like="y"), "y"),
        (Form(name="v", shape="y[1:]"), "y"),
        (Form(name="v", shape=("x.0", "k")), "k"),
        (Form(name="v", shape=("*",), dtype="z"), "z"),
    ],
)
def test_a_form_that_looks_at_an_argument_that_is_not_there_is_a_fault_of_the_manifest(form: Form, needs: str) -> None:
    task = Task(id="1.1", function="f", title="F", points=1, returns=(form,))
    with pytest.raises(ManifestError, match=rf"arguments among x, n, found \['{needs}'\]"):
        hold_together(task, ["x", "n"], "manifest.toml")
