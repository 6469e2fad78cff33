from __future__ import annotations

import ast
import textwrap

import pytest

from grader.domain.policy import Breach, first_breach, matches

CLOSED = ("torch.optim", "torch.nn", "torch._C", "torch._foreach_*", "torch.compile")


def breach(code: str) -> Breach | None:
    return first_breach(ast.parse(textwrap.dedent(code)), CLOSED)


@pytest.mark.parametrize(
    ("name", "pattern", "closed"),
    [
        ("torch.optim", "torch.optim", True),
        ("torch.optim.Adam", "torch.optim", True),
        ("torch.optimism", "torch.optim", False),
        ("torch", "torch.optim", False),
        ("torch._foreach_add", "torch._foreach_*", True),
        ("torch._foreach_add.out", "torch._foreach_*", True),
        ("torch.foreach", "torch._foreach_*", False),
    ],
)
def test_a_pattern_closes_a_name_and_all_below_it(name: str, pattern: str, closed: bool) -> None:
    assert matches(name, pattern) is closed


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("import torch.optim", "torch.optim"),
        ("import torch.optim as o", "torch.optim"),
        ("import torch.nn.functional as F", "torch.nn.functional"),
        ("import math, torch.nn", "torch.nn"),
        ("from torch import optim", "torch.optim"),
        ("from torch import tensor, nn as layers", "torch.nn"),
        ("from torch.optim import Adam", "torch.optim"),
        ("from torch.nn.functional import relu as f", "torch.nn.functional"),
        ("import torch; torch.optim", "torch.optim"),
        ("import torch; torch.optim.Adam([x], lr=0.1)", "torch.optim.Adam"),
        ("import torch as t; t.optim.Adam", "torch.optim.Adam"),
        ("import torch; t = torch; t.nn.Linear", "torch.nn.Linear"),
        ("import torch; a = torch; b = a; b.nn", "torch.nn"),
        ("import torch; f = torch._foreach_add", "torch._foreach_add"),
        ("import torch; torch._C._nn.relu", "torch._C._nn.relu"),
        ("import torch\n@torch.compile\ndef f(): ...", "torch.compile"),
        ("import torch\ndef f():\n    return torch.nn", "torch.nn"),
        ("def f():\n    import torch\n    return lambda: torch.nn.ReLU", "torch.nn.ReLU"),
        ("import torch\nx = f'{torch.optim}'", "torch.optim"),
        ("import torch\ntorch.optim = None", "torch.optim"),
        ("import torch\nif (t := 1): torch.nn", "torch.nn"),
        ("import torch.utils\ntorch.optim", "torch.optim"),
    ],
)
def test_every_plain_use_is_seen_under_its_full_name(code: str, name: str) -> None:
    found = breach(code)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    "code",
    [
        "import torch\nnn = torch.zeros(3)\nnn.sum()",
        "optim = 3\nprint(optim)",
        "class Adam:\n    optim = 1\nself = Adam()\nself.optim.step",
        "import torch\n'torch.optim.Adam is closed'",
        '"""Do not use torch.nn."""',
        "# torch.optim\nx = 1",
        "import torch\nmodel.torch.optim",
        "import torch\ntorch.optimize",
        "import torch\nx = torch.zeros(2).nn",
        "from .torch import optim",
        "from . import nn",
        "import numpy.optim",
        "import torch\ntorch.linalg.norm(x)",
        "import torch\ntorch.foreach",
        "",
    ],
)
def test_what_only_looks_alike_is_no_use(code: str) -> None:
    assert breach(code) is None


def test_the_first_use_is_told_with_its_line() -> None:
    assert breach(
        """
        import torch

        def late():
            torch.nn.Linear

        torch.optim.Adam
        """
    ) == Breach(5, "torch.nn.Linear")


def test_without_closed_names_nothing_is_a_breach() -> None:
    assert first_breach(ast.parse("import torch.optim"), ()) is None


def test_a_long_chain_of_attributes_is_read_without_recursion() -> None:
    assert breach("import torch\n" + "torch" + ".a" * 900) is None
