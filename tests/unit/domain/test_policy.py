from __future__ import annotations

import ast
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.domain.policy import Breach, first_breach, is_closed, leads_to

CLOSED = ("torch.optim", "torch.nn", "torch._C", "torch._foreach_*", "torch.compile")
NORM_CLOSED, FUNCTIONAL = ("torch.nn", "torch.nn.functional.batch_norm"), ("torch.nn.functional",)


def breach(code: str, closed: tuple[str, ...] = CLOSED, opened: tuple[str, ...] = ()) -> Breach | None:
    return first_breach(ast.parse(textwrap.dedent(code)), closed, opened)


def name_told(code: str, closed: tuple[str, ...] = CLOSED, opened: tuple[str, ...] = ()) -> str:
    found = breach(code, closed, opened)
    assert found is not None
    return found.name


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
    assert is_closed(name, [pattern]) is closed


@pytest.mark.parametrize(
    ("name", "closed"),
    [
        ("torch.nn", True),
        ("torch.nn.Linear", True),
        ("torch.nn.functional", False),
        ("torch.nn.functional.relu", False),
        ("torch.nn.functional.batch_norm", True),
        ("torch.nn.functional_extras", True),
        ("torch.optim", False),
        ("torch._foreach_add", False),
        ("torch._foreach_add_", True),
        ("torch._foreach_mul", True),
        ("torch.same", True),
    ],
)
def test_the_longest_pattern_decides_and_on_a_tie_the_name_is_closed(name: str, closed: bool) -> None:
    patterns = (*NORM_CLOSED, "torch._foreach_*", "torch.same"), (*FUNCTIONAL, "torch._foreach_add", "torch.same")
    assert is_closed(name, *patterns) is closed


def test_a_name_leads_to_what_is_below_it() -> None:
    assert leads_to("torch.nn", FUNCTIONAL)
    assert leads_to("torch", FUNCTIONAL)
    assert not leads_to("torch.nn.functional", FUNCTIONAL)
    assert not leads_to("torch.n", FUNCTIONAL)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("import torch.optim", "torch.optim"),
        ("import torch.optim.adam", "torch.optim.adam"),
        ("import torch.optim as o", "torch.optim"),
        ("import torch.nn.functional as F", "torch.nn.functional"),
        ("import math, torch.nn", "torch.nn"),
        ("from torch import optim", "torch.optim"),
        ("from torch import optim as o", "torch.optim"),
        ("from torch import tensor, nn as layers", "torch.nn"),
        ("from torch.optim import Adam", "torch.optim"),
        ("from torch.nn.functional import relu as f", "torch.nn.functional"),
        ("from torch.optim import *", "torch.optim"),
        ("import torch; torch.optim", "torch.optim"),
        ("import torch; torch.optim.Adam([x], lr=0.1)", "torch.optim.Adam"),
        ("import torch as t; t.optim.Adam", "torch.optim.Adam"),
        ("import torch; f = torch._foreach_add", "torch._foreach_add"),
        ("import torch; torch._C._nn.relu", "torch._C._nn.relu"),
        ("import torch\n@torch.compile\ndef f(): ...", "torch.compile"),
        ("import torch\ndef f():\n    return torch.nn", "torch.nn"),
        ("import torch\ndef f(x: torch.nn.Module): ...", "torch.nn.Module"),
        ("import torch\ndef f(x=torch.nn.Module): ...", "torch.nn.Module"),
        ("import torch\ndef f() -> torch.nn.Module: ...", "torch.nn.Module"),
        ("import torch\nclass A(torch.nn.Module): ...", "torch.nn.Module"),
        ("import torch\nclass A(metaclass=torch.nn.Module): ...", "torch.nn.Module"),
        ("import torch\nclass A:\n    x = torch.nn", "torch.nn"),
        ("import torch\nclass A:\n    def f(self): return torch.nn", "torch.nn"),
        ("import torch\n[torch.nn for _ in x]", "torch.nn"),
        ("import torch\n{x: y for x in torch.nn for y in x}", "torch.nn"),
        ("import torch\nfor torch.nn in x: ...", "torch.nn"),
        ("import torch\nwith torch.nn as x: ...", "torch.nn"),
        ("import torch\nmatch x:\n    case torch.nn.Linear(): ...", "torch.nn.Linear"),
        ("import torch\ntry: ...\nexcept torch.nn.E: ...", "torch.nn.E"),
        ("import torch\nx: torch.nn.Module", "torch.nn.Module"),
        ("import torch\nx.y: int = torch.nn", "torch.nn"),
        ("import torch\nasync def f(): await torch.nn", "torch.nn"),
        ("def f():\n    import torch\n    return lambda: torch.nn.ReLU", "torch.nn.ReLU"),
        ("import torch\nx = f'{torch.optim}'", "torch.optim"),
        ("import torch\ntorch.optim = None", "torch.optim"),
        ("import torch\ndel torch.optim", "torch.optim"),
        ("import torch\nif (t := 1): torch.nn", "torch.nn"),
        ("import torch.utils\ntorch.optim", "torch.optim"),
        ("try:\n    import torch\nexcept ImportError:\n    torch = None\ntorch.optim", "torch.optim"),
        ("import torch\ntorch.optim\ntorch = 3", "torch.optim"),
        ("import torch\ndef f(): return torch.optim\ndel torch", "torch.optim"),
        ("def f(): return torch.optim\nimport torch", "torch.optim"),
    ],
)
def test_every_plain_use_is_seen_under_its_full_name(code: str, name: str) -> None:
    assert name_told(code) == name


@pytest.mark.parametrize(
    "code",
    [
        "t = torch; t.optim",
        "a = torch; b = a; b.optim",
        "a = b = torch; a.optim",
        "a = b = torch; b.optim",
        "o, n = torch.optim, 3",
        "t, (n, [u]) = 1, (2, [torch]); u.optim",
        "t: object = torch; t.optim",
        "(t := torch).optim",
        "(t := torch); t.optim",
        "[(t := torch) for _ in x]; t.optim",
        "def f(t=torch): return t.optim",
        "def f(*, t=torch): return t.optim",
        "f = lambda t=torch: t.optim",
        "def f(x, /, t=torch, *a, **k): return t.optim",
        "def f():\n    t = torch\n    def g(): return t.optim",
        "class A:\n    t = torch\n    t.optim",
        "getattr(torch, 'optim')",
        "getattr(torch, 'op' 'tim', None)",
        "getattr(torch, 'op' + 't' + 'im')",
        "getattr(torch, f'op{\"tim\"}')",
        "g = getattr; g(torch, 'optim')",
        "import builtins; builtins.getattr(torch, 'optim')",
        "__import__('torch.optim')",
        "__import__('torch').optim",
        "__import__('torch.utils').optim",
        "__import__('torch', fromlist=['x']).optim",
        "__import__(name='torch.optim')",
        "import importlib; importlib.import_module('torch.optim')",
        "import importlib as i; i.import_module('torch').optim",
        "import importlib; importlib.import_module('.optim', 'torch')",
        "import importlib; importlib.import_module(name='.optim', package='torch')",
        "import importlib; importlib.__import__('torch').optim",
        "from importlib import import_module as load; load('torch').optim",
        "import sys; sys.modules['torch.optim']",
        "import sys; sys.modules['torch'].optim",
        "from sys import modules; modules['torch'].optim",
        "import sys; m = sys.modules; m['tor' + 'ch'].optim",
        "vars(torch)['optim']",
        "v = vars(torch); v['optim']",
        "torch.__dict__['optim']",
        "d = torch.__dict__; d['optim']",
        "getattr(torch, '__dict__')['optim']",
        "from torch import *; optim.Adam",
        "from torch import *; x = optim",
        "from torch import *\ndef f(): return optim.Adam",
    ],
)
def test_an_alias_or_a_name_spelled_in_constants_is_followed(code: str) -> None:
    assert name_told(f"import torch\n{code}", ("torch.optim",)) in ("torch.optim", "torch.optim.Adam")


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
        "torch.optim",
        "import torch\ndef f(torch): return torch.optim",
        "import torch\ndef f(*torch): return torch.optim",
        "import torch\ndef f(**torch): return torch.optim",
        "import torch\nlambda torch: torch.optim",
        "import torch\n[torch.optim for torch in x]",
        "import torch\n{torch: torch.optim for torch in x}",
        "import torch\nclass A:\n    torch = 3\n    torch.optim",
        "class A:\n    import torch\n    def f(self): return torch.optim",
        "import torch\ndef f():\n    torch = make()\n    return torch.optim",
        "import torch\ndef f():\n    for torch in x: torch.optim",
        "import torch\ndef f():\n    for y in x:\n        torch.optim\n        torch = y",
        "import torch\ndef f():\n    with x as torch: torch.optim",
        "import torch\ndef f():\n    try: ...\n    except E as torch: torch.optim",
        "import torch\ndef f():\n    def torch(): ...\n    torch.optim",
        "import torch\ndef f():\n    class torch: ...\n    torch.optim",
        "import torch\ndef f():\n    import other as torch\n    torch.optim",
        "import torch\ndef f(x):\n    match x:\n        case [torch, *_]: torch.optim",
        "import torch\ndef f(x):\n    match x:\n        case [*torch]: torch.optim",
        "import torch\ndef f(x):\n    match x:\n        case {**torch}: torch.optim",
        "import torch\ndef f():\n    global torch\n    torch = 3\ndef g(): return torch.optim",
        "import torch\ndef f():\n    torch = 3\n    def g():\n        nonlocal torch\n        return torch.optim",
        "import torch\ntorch = 3\ntorch.optim",
        "import torch\ntorch += 3\ntorch.optim",
        "import torch\ntorch: Any = other()\ntorch.optim",
        "import torch\ndef f():\n    torch: Any\n    torch.optim",
        "import torch\nif x: torch = other()\ntorch.optim",
        "if x: import torch as t\nelse: import other as t\nt.optim",
        "import torch\na, *b = torch, 1\na.optim",
        "import torch\na, b = torch\na.optim",
        "import torch\ndef getattr(*_): ...\ngetattr(torch, 'optim')",
        "import torch\ngetattr(torch, name)",
        "import torch\ngetattr(torch, 'optim' + name)",
        "import torch\ngetattr(torch, f'{name}')",
        "import torch\ngetattr(torch, f'{\"optim\":>9}')",
        "import torch\ngetattr(torch)",
        "import torch\nhasattr(torch, 'zeros')",
        "import torch\nvars()['optim']",
        "import torch\nvars(other)['optim']",
        "import torch\nx['optim']",
        "import torch\ntorch['optim']",
        "import importlib\nimportlib.import_module(name)",
        "import importlib\nimportlib.import_module('.optim')",
        "import sys\nsys.modules[name]",
        "from torch import *\noptim = 3\noptim.Adam",
        "from torch import *\ndef f(optim): return optim.Adam",
        "from math import *\noptim.Adam",
        "from torch import *\nfrom other import *\noptim.Adam",
        "from torch import *\ncompile('1', '', 'eval')",
        "",
    ],
)
def test_what_only_looks_alike_is_no_use(code: str) -> None:
    assert breach(code) is None


@pytest.mark.parametrize(
    "code",
    [
        "import torch.nn",
        "import torch.nn.functional",
        "import torch.nn.functional as F\nF.relu(x)",
        "from torch.nn import functional as F\nF.relu(x)",
        "from torch import nn\nnn.functional.relu(x)",
        "from torch.nn.functional import relu",
        "import torch\ntorch.nn.functional.relu(x)",
        "import torch\nnn = torch.nn\nnn.functional.relu(x)",
        "import torch.nn as nn\ndef f(nn): return nn.Linear",
        "import torch.nn as nn\nnn = 3\nnn.bit_length()",
        "from torch.nn import *\nprint(functional.relu(1))",
    ],
)
def test_what_is_opened_within_may_be_used_and_passed_through(code: str) -> None:
    assert breach(code, NORM_CLOSED, FUNCTIONAL) is None


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import torch\ntorch.nn.Linear", Breach(2, "torch.nn.Linear")),
        ("from torch.nn import Linear", Breach(1, "torch.nn.Linear")),
        ("from torch import nn\nx = 1\nnn.Linear", Breach(3, "torch.nn.Linear")),
        ("import torch.nn as nn\nnn.Linear", Breach(2, "torch.nn.Linear")),
        ("import torch.nn as nn\ndef f(a=nn): return a.Linear", Breach(2, "torch.nn.Linear")),
        ("import torch.nn.init", Breach(1, "torch.nn.init")),
        ("import torch.nn.functional as F\nF.batch_norm(x)", Breach(2, "torch.nn.functional.batch_norm")),
        ("from torch.nn.functional import batch_norm as b", Breach(1, "torch.nn.functional.batch_norm")),
        ("from torch.nn.functional import *\nbatch_norm(x)", Breach(2, "torch.nn.functional.batch_norm")),
        ("from torch.nn import *\nLinear(2, 2)", Breach(2, "torch.nn.Linear")),
    ],
)
def test_what_stays_closed_beside_something_opened_is_seen(code: str, found: Breach) -> None:
    assert breach(code, NORM_CLOSED, FUNCTIONAL) == found


def test_a_module_that_leads_to_something_open_is_followed_even_if_nothing_more_is_closed_in_it() -> None:
    assert breach("from torch import nn\nnn.Linear", ("torch.nn",), FUNCTIONAL) == Breach(2, "torch.nn.Linear")


def test_the_first_use_is_told_with_its_line() -> None:
    assert breach(
        """
        import torch

        def late():
            torch.nn.Linear

        torch.optim.Adam
        """
    ) == Breach(5, "torch.nn.Linear")


def test_of_two_uses_in_a_line_the_first_is_told() -> None:
    assert breach("import torch\nx = (lambda: torch.nn.Linear), torch.optim") == Breach(2, "torch.nn.Linear")


def test_without_closed_names_nothing_is_a_breach() -> None:
    assert breach("import torch.optim", ()) is None


NAMES = st.sampled_from(["nn", "optim", "F", "torch_", "jit", "_C", "compile", "Adam", "t"])
MEMBERS = st.sampled_from(["optim", "nn", "Linear", "Adam", "functional", "_C", "relu", "compile"])
INNOCENT = st.sampled_from(
    [
        "{n} = make()\n{n}.{m}",
        "{n}, {o} = make()\n{n}.{m}",
        "{n}: object = make()\n{n}.{m}",
        "{n} += 1\n{n}.{m}",
        "({n} := make()).{m}",
        "def f({n}, {o}_=None):\n    '''Like torch.{m}.'''\n    return {n}.{m} + {o}_.{m}",
        "def f(x, *{n}, **{o}_):\n    return {n}.{m}, {o}_.{m}",
        "def f(x):\n    {n} = x\n    return lambda: {n}.{m}",
        "def f(x):\n    for y in x:\n        y = {n}.{m}\n        {n} = y",
        "def f():\n    global {n}\n    {n} = make()\n    return {n}.{m}",
        "def f():\n    import other as {n}\n    return {n}.{m}",
        "def {n}(): ...\n{n}.{m}",
        "class {n}:\n    {m} = 1\n    def f(self): return self.{o}.{m}, self.{m}\n{n}.{m}",
        "class A:\n    {n} = make()\n    {m}_ = {n}.{m}",
        "[{n}.{m} for {n} in x if {n}.{m}]",
        "{{{n}: {o}.{m} for {n}, {o} in x}}",
        "for {n} in x: {n}.{m}",
        "with x as {n}: {n}.{m}",
        "try: ...\nexcept E as {n}: {n}.{m}",
        "match x:\n    case {{'{m}': {n}}}: {n}.{m}",
        "import other.{m} as {n}\n{n}.{m}",
        "from other import {m} as {n}\n{n}.{m}",
        "del {n}",
        "x = 'torch.{m}'  # torch.{m}",
        "x = dict({n}=torch.zeros(3))['{n}'].{m}",
        "x.torch.{m}.{n}",
        "getattr(x, '{m}').{n}",
        "torch.zeros(3).{m}",
        "torch.linalg.{n}_({n}={m}_)",
    ]
)


@given(st.lists(st.tuples(INNOCENT, NAMES, NAMES, MEMBERS), min_size=1, max_size=6))
def test_an_innocent_module_is_never_refused(parts: list[tuple[str, str, str, str]]) -> None:
    code = "\n".join(part.format(n=n, o=o, m=m) for part, n, o, m in parts)
    tree = ast.parse(f"'''torch.optim, torch.nn'''\nimport torch\n{code}")
    assert first_breach(tree, CLOSED) is None


OPEN_PARTS = st.tuples(INNOCENT, st.sampled_from(["nn", "F"]), MEMBERS)


@given(OPEN_PARTS)
def test_a_local_name_hides_a_module_that_leads_to_something_open(part: tuple[str, str, str]) -> None:
    code, n, m = part
    tree = ast.parse(f"import torch\nimport torch.nn as nn, torch.nn.functional as F\n{code.format(n=n, o='o', m=m)}")
    assert first_breach(tree, NORM_CLOSED, FUNCTIONAL) is None


TORCH = st.sampled_from(
    ["torch", "__import__('torch')", "sys.modules['tor' 'ch']", "importlib.import_module(name='torch')", "t"]
)
BINDINGS = st.sampled_from(
    [
        "{a} = {x}",
        "{a} = b_ = {x}",
        "b_, ({a}, c_) = 1, ({x}, 2)",
        "[b_, {a}] = 1, {x}",
        "{a}: object = {x}",
        "print({a} := {x})",
        "if x_: {a} = {x}\nelse: {a} = None",
        "for _ in x_: {a} = {x}",
        "try:\n    {a} = {x}\nexcept E: ...",
    ]
)
REACHED = st.sampled_from(
    [
        "{x}.optim",
        "{x}.optim.Adam(y_)",
        "getattr({x}, 'op' + 'tim')",
        "getattr({x}, f'{{\"op\"}}tim', None).SGD",
        "vars({x})['optim']",
        "{x}.__dict__['op' 'tim']",
        "(b_ := {x}).optim",
    ]
)
PLACES = st.sampled_from(
    [
        "{u}",
        "y_ = {u}",
        "def f_(z_): return {u}",
        "def f_(z_={u}): ...",
        "lambda: {u}",
        "class A_({u}): ...",
        "class A_:\n    def f_(self):\n        return [{u} for _ in x_]",
        "@{u}\ndef f_(): ...",
        "x_[{u}:] = 3",
        "f'''{{{u}!r}}'''",
        "async def f_():\n    async with {u} as z_: ...",
        "while x_:\n    if not {u}: break",
        "match {u}:\n    case _: ...",
    ]
)


@given(TORCH, st.lists(BINDINGS, max_size=4), REACHED, PLACES)
def test_a_use_in_disguise_is_always_found(torch: str, bindings: list[str], reached: str, place: str) -> None:
    lines = ["import importlib, sys, torch, torch as t"]
    for number, binding in enumerate(bindings):
        lines.append(binding.format(a=f"a{number}", x=torch))
        torch = f"a{number}"
    lines.append(place.format(u=reached.format(x=torch)))
    found = first_breach(ast.parse("\n".join(lines)), ("torch.optim",))
    assert found is not None
    assert found.name.startswith("torch.optim")
