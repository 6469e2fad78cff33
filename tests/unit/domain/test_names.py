"""What names stand for, in trees that nobody writes by hand: deep ones, wide ones, and all of Python's syntax."""

from __future__ import annotations

import ast
import sysconfig
from pathlib import Path

import pytest

from grader.domain.names import Use, uses
from grader.domain.steps import steps

MODULES = ("torch", "torch.nn")


def read(code: str) -> list[Use]:
    return uses(ast.parse(code), MODULES)


def names(code: str) -> list[str]:
    return [use.name for use in read(code)]


def test_a_use_is_told_with_its_place() -> None:
    assert read("import torch as t\nx = 1, t.zeros(3)") == [Use(1, 0, "torch"), Use(2, 7, "torch.zeros")]


def test_a_chain_of_attributes_is_one_use() -> None:
    assert names("import torch\ntorch.nn.functional.relu") == ["torch", "torch.nn.functional.relu"]


def test_imports_of_any_module_are_told_but_only_uses_of_those_of_interest() -> None:
    assert names("import math, torch\nmath.pi\ntorch.pi") == ["math", "torch", "torch.pi"]


def test_a_relative_import_is_of_no_module_that_is_known() -> None:
    assert names("from .torch import nn\nnn.Linear") == ["", ".nn"]


def test_the_body_of_a_function_is_read_after_its_module() -> None:
    assert names("def f(): return t.zeros\nimport torch as t") == ["torch", "torch.zeros"]


def test_a_name_is_what_it_is_bound_to_when_it_is_read() -> None:
    assert names("import torch as t\nt.a\nt = other()\nt.b") == ["torch", "torch.a"]


def test_two_bindings_of_one_meaning_are_one() -> None:
    code = "try: import torch as t\nexcept ImportError: from other import torch as t\nt.a"
    assert names(code)[-1] == "other.torch"
    assert names(code.replace("from other import torch", "import torch"))[-1] == "torch.a"


@pytest.mark.parametrize(
    "code",
    [
        "t" + ".a" * 2500,
        "t" + "()" * 2500,
        "t" + "[0]" * 2500,
        "t" + ".__dict__['torch']" * 600,
        "(" * 150 + "t" + ")" * 150,
        "getattr(" * 150 + "t" + ", 'nn')" * 150,
        "lambda: " * 2000 + "t.a",
        "lambda t: " * 1500 + "t.a",
        "-" * 2500 + "t.a",
        " + ".join(["t.a"] * 2500),
        "getattr(t, " + " + ".join(["'a'"] * 2500) + ")",
        "0 if t.a else " * 2500 + "0",
        "[" * 90 + "t.a" + " for t in t.a]" * 90,
        "if t.a: ...\n" + "elif t.a: ...\n" * 1500,
        "".join(f"{' ' * depth}def f(t=t):\n" for depth in range(95)) + " " * 95 + "t.a",
        "".join(f"{' ' * depth}class t(t.a):\n" for depth in range(95)) + " " * 95 + "t.a",
    ],
    ids=lambda code: code[:24].strip(),
)
def test_a_deep_tree_is_read_without_recursion(code: str) -> None:
    assert names(f"import torch as t\n{code}")[0] == "torch"


def test_a_chain_of_thousands_of_aliases_is_followed() -> None:
    code = "\n".join(f"t{number + 1} = t{number}" for number in range(5000))
    assert names(f"import torch as t0\n{code}\nt5000.nn") == ["torch", "torch.nn"]


@pytest.mark.parametrize(
    "code",
    [
        "t.a\n" * 5000,
        "t, " * 5000 + "= 1,",
        "a = " * 1000 + "t",
        "f(" + "t.a, " * 5000 + ")",
        "from t import " + "a, " * 5000 + "a",
    ],
    ids=["uses", "targets", "chained", "arguments", "imports"],
)
def test_a_wide_tree_takes_a_step_for_each_node_at_most(code: str) -> None:
    tree = ast.parse(code)
    assert len(steps(tree)) <= sum(1 for _ in ast.walk(tree))
    uses(tree, MODULES)


def test_values_that_can_lead_nowhere_are_not_kept() -> None:
    """A name that grows by a part with each alias would take memory without end."""
    code = "\n".join(f"t{number + 1} = t{number}.a" for number in range(5000))
    assert names(f"import torch as t0\n{code}") == ["torch", "torch.a"]


def test_all_syntax_that_the_standard_library_uses_is_read() -> None:
    library = Path(sysconfig.get_path("stdlib"))
    for path in [
        *library.glob("a*.py"),
        *library.glob("asyncio/*.py"),
        library / "dataclasses.py",
        library / "typing.py",
    ]:
        tree = ast.parse(path.read_bytes())
        imported = {item.name for node in ast.walk(tree) if isinstance(node, ast.Import) for item in node.names}
        assert imported <= {use.name for use in uses(tree, MODULES)}
