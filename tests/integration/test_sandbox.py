"""A guest by itself: what the walls leave of it, how it ends, and that nothing of it is left over."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from grader.domain.errors import GraderFault
from grader.domain.exercise import Limits
from grader.sandbox import wire
from grader.sandbox.held_guest import Guest, TooMuchOutput
from grader.sandbox.host import ZygoteProcess
from grader.sandbox.walls import gpu_devices

pytestmark = pytest.mark.slow

CODE = """
import os, sys, threading, time
import torch

def same(*args, **kwargs): return [*args, kwargs]
def run(code): exec(code, globals()); return None
def ask(code): return eval(code)
def in_place(x): x += 1; return x, x.clone(), x[1:]
"""


@pytest.fixture(scope="module", params=["namespaces", "landlock", "process"])
def zygote(request: pytest.FixtureRequest) -> Iterator[ZygoteProcess]:
    process = ZygoteProcess(request.param, [])
    yield process
    process.close()
    assert not process.is_alive


@pytest.fixture
def session(zygote: ZygoteProcess) -> Iterator[socket.socket]:
    with zygote.open_session() as opened:
        yield opened


def loaded(session: socket.socket, code: str = CODE, closed: tuple[str, ...] = (), **limits: Any) -> Guest:
    guest = Guest(session, Limits(**limits))
    names = {"closed": list(closed), "opened": [], "closed_operators": [], "device": "cpu"}
    request = {"do": "load", "files": {"toy.py": code}, **names}
    assert guest.request(request, 10) == {"loaded": True}
    return guest


def call(guest: Guest, function: str, *args: Any, seconds: float = 10, observe: bool = False, **kwargs: Any) -> Any:
    request = {"do": "call", "function": function, "args": args, "kwargs": kwargs, "observe": observe}
    return guest.request(request, seconds)


def test_values_cross_the_wall_and_come_back(session: socket.socket) -> None:
    guest = loaded(session)
    values = [1, 2.5, "x", None, (True, [float("inf")]), {"k": ()}]
    assert call(guest, "same", *values, key=3) == {"result": [*values, {"key": 3}]}
    x = torch.arange(6.0, dtype=torch.float64).reshape(2, 3).t()
    (got, _) = call(guest, "same", x)["result"]
    assert torch.equal(got, x)
    assert got.stride() == x.stride()
    guest.end()


def test_an_observed_call_tells_what_became_of_the_arguments(session: socket.socket) -> None:
    guest = loaded(session)
    answer = call(guest, "in_place", torch.zeros(3), observe=True)
    assert answer["shared"] == [0, 2]
    assert torch.equal(answer["arguments"][0], torch.ones(3))
    guest.end()


def test_the_guest_tells_how_a_function_failed_and_goes_on(session: socket.socket) -> None:
    guest = loaded(session)
    answer = call(guest, "ask", "int('x')")
    assert answer["raised"][:2] == ["ValueError", "Exception"]
    assert (answer["line"], answer["closed"]) == (7, None)
    assert call(guest, "nonsuch") == {"missing": "nonsuch"}
    assert call(guest, "ask", "object()") == {"unsendable": "a value of type object"}
    assert call(guest, "ask", "1 + 1") == {"result": 2}
    guest.end()


def test_the_judge_may_work_while_the_guest_does(session: socket.socket) -> None:
    """However long that takes: an answer that is there by then is in time."""
    guest = loaded(session)
    request = {"do": "call", "function": "ask", "args": ("1 + 1",), "kwargs": {}, "observe": False}
    assert guest.request(request, 0.05, lambda: time.sleep(0.2)) == {"result": 2}
    slow = {**request, "args": ("time.sleep(60)",)}
    with pytest.raises(TimeoutError):
        guest.request(slow, 0.05, lambda: time.sleep(0.1))
    guest.end()


def test_the_exit_of_a_guest_is_its_own(session: socket.socket) -> None:
    guest = loaded(session)
    with pytest.raises(wire.Closed):
        call(guest, "run", "os._exit(7)")
    assert guest.end().code == 7


def test_a_guest_that_does_not_answer_is_killed_with_its_threads(session: socket.socket) -> None:
    guest = loaded(session)
    call(guest, "run", "for _ in range(4): threading.Thread(target=time.sleep, args=(60,)).start()")
    with pytest.raises(TimeoutError):
        call(guest, "run", "time.sleep(60)", seconds=0.1)
    end = guest.end()
    assert (end.ended_itself, end.code) == (False, -9)


def test_processor_time_has_a_limit(session: socket.socket) -> None:
    guest = loaded(session, cpu_seconds=1)
    with pytest.raises(wire.Closed):
        call(guest, "run", "while True: pass", seconds=20)
    end = guest.end()
    assert end.code == -9
    assert end.cpu_seconds > 0.6  # of a second; a busy machine counts it to within some ticks


def test_output_is_kept_up_to_a_point_and_limited(session: socket.socket) -> None:
    guest = loaded(session, output_kb=64)
    call(guest, "run", "print('hello', flush=True)")
    guest.drain()
    assert bytes(guest.output) == b"hello\n"
    with pytest.raises(TooMuchOutput):
        call(guest, "run", "while True: os.write(1, bytes(4096))")
    assert len(guest.output) <= 16 * 1024
    with contextlib.suppress(TooMuchOutput):  # what it printed until it was killed
        guest.end()


def test_guests_share_nothing(session: socket.socket) -> None:
    one, other = loaded(session), loaded(session)
    call(one, "run", "open('secret', 'w').write('x'); torch.same = 1")
    assert call(other, "ask", "os.path.exists('secret') or hasattr(torch, 'same')") == {"result": False}
    one.end()
    assert call(other, "ask", "1") == {"result": 1}
    other.end()


def test_a_submission_of_several_files_imports_from_the_others(session: socket.socket) -> None:
    main = "from helper import double\nimport helper\n\ndef f(x): return double(x), helper.__name__\n"
    guest = Guest(session, Limits())
    names = {"closed": [], "opened": [], "closed_operators": [], "device": "cpu"}
    files = {"toy.py": main, "helper.py": "def double(x): return 2 * x\n"}
    assert guest.request({"do": "load", "files": files, **names}, 10) == {"loaded": True}
    assert call(guest, "f", 4) == {"result": (8, "helper")}
    guest.end()


def test_a_closed_line_ends_its_guests(zygote: ZygoteProcess) -> None:
    session = zygote.open_session()
    guest = loaded(session)
    session.close()
    with pytest.raises((wire.Closed, TimeoutError)):
        call(guest, "run", "time.sleep(60)", seconds=5)
    let_go(guest)
    with zygote.open_session() as next_session:
        loaded(next_session).end()


def test_a_guest_of_another_line_cannot_be_ended(zygote: ZygoteProcess) -> None:
    with zygote.open_session() as one, zygote.open_session() as other:
        guest, stranger = loaded(one), loaded(other)
        stranger._pid = guest._pid
        with pytest.raises(GraderFault, match="no guest"):
            stranger.end()
        assert call(guest, "ask", "1") == {"result": 1}
        let_go(guest)
        let_go(stranger)


def let_go(guest: Guest) -> None:
    """Close this side's ends of a guest whose line to the zygote is no more."""
    guest._wire.close()
    with contextlib.suppress(OSError):
        os.close(guest._pipe)


CLOSED = ("torch.optim", "torch.nn", "torch._foreach_*", "torch.compile", "torch._C")
WAYS = [
    "torch.optim.Adam",
    "getattr(torch, 'optim').SGD",
    "__import__('torch.optim').optim.Adam",
    "__import__('importlib').import_module('torch.nn.functional').relu",
    "sys.modules['torch.nn'].Linear",
    "vars(torch)['nn'].Linear",
    "torch.functional.F.relu",
    "torch._foreach_add([x], 1)",
    "torch.compile(len)",
    "eval('torch.nn.Linear', vars(torch.functional))",
    "(lambda: __import__('torch.optim.adam', fromlist=['Adam']).Adam)()",
]


@pytest.mark.parametrize("way", WAYS)
def test_a_hidden_use_of_a_closed_name_meets_the_trap(way: str, session: socket.socket) -> None:
    guest = loaded(session, CODE + "\nx = torch.ones(2)\n", CLOSED)
    answer = call(guest, "ask", way)
    assert answer.get("raised", [None])[0] == "ClosedName", answer
    assert answer["closed"].startswith("torch.")
    guest.end()


def test_torch_itself_may_use_what_is_closed(session: socket.socket) -> None:
    guest = loaded(session, CODE + "\nimport copy, pickle\nx = torch.eye(3, requires_grad=True)\n", CLOSED)
    for use in (
        "repr(x)",
        "str(x.detach()[0, 0])",
        "x.detach().norm().item()",
        "torch.unique(x.detach())",
        "copy.deepcopy(x.detach())",
        "pickle.loads(pickle.dumps(x.detach()))",
        "torch.stft(torch.ones(64), 16, window=torch.ones(16), return_complex=True).real",
        "x.square().sum().backward()",
        "torch.linalg.solve(x.detach(), torch.ones(3))",
        "torch.einsum('ij,jk->ik', x.detach(), x.detach())",
    ):
        assert "result" in call(guest, "ask", use), use
    guest.end()


def test_a_zygote_that_cannot_be_started_is_a_fault_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(GraderFault, match="no namespaces sandbox on this machine: its process died"):
        ZygoteProcess("namespaces", [])


@pytest.mark.skipif(bool(gpu_devices()), reason="this machine has a GPU")
def test_without_a_gpu_a_zygote_for_one_says_so() -> None:
    with pytest.raises(GraderFault, match="this machine has no GPU that its driver knows of"):
        ZygoteProcess("namespaces", [], "gpu")


def test_descriptors_are_given_back(zygote: ZygoteProcess) -> None:
    def open_descriptors() -> int:
        return len(list(Path(f"/proc/{os.getpid()}/fd").iterdir()))

    before = open_descriptors()
    for _ in range(5):
        with zygote.open_session() as session:
            loaded(session).end()
    assert open_descriptors() <= before


def test_a_guest_can_import_what_was_not_imported_yet(session: socket.socket) -> None:
    """Also from a checkout under /tmp, where the jail is built."""
    guest = loaded(session)
    for name in ("wsgiref.headers", "torch.utils.serialization.config", "numpy.polynomial.hermite"):
        assert "result" in call(guest, "ask", f"str(__import__({name!r}))"), name
    guest.end()


NORM_CLOSED = ("torch.nn", "torch.nn.functional.batch_norm")
OPENED = ("torch.nn.functional",)


def opened_within(session: socket.socket, code: str, opened: tuple[str, ...] = OPENED) -> Guest:
    """Load code where `torch.nn` is closed, and `torch.nn.functional` open but for batch normalization."""
    guest = Guest(session, Limits())
    names = {"closed": list(NORM_CLOSED), "opened": list(opened), "closed_operators": [], "device": "cpu"}
    assert guest.request({"do": "load", "files": {"toy.py": code}, **names}, 10) == {"loaded": True}
    return guest


def test_what_is_opened_within_something_closed_can_be_used(session: socket.socket) -> None:
    code = "import torch.nn\nimport torch.nn.functional as F\nfrom torch.nn import functional as G\n"
    guest = opened_within(session, f"{code}from torch import nn\n{CODE}\nx = torch.ones(2, 2)\n")
    for use in ("F.relu(x)", "G.softmax(x, 0)", "nn.functional.gelu(x)", "torch.nn.functional.dropout(x)"):
        assert "result" in call(guest, "ask", use), use
    guest.end()


@pytest.mark.parametrize(
    ("way", "name"),
    [
        ("torch.nn.Linear(2, 2)", "torch.nn.Linear"),
        ("getattr(torch.nn, 'Linear')", "torch.nn.Linear"),
        ("torch.nn.functional.batch_norm(x, None, None)", "torch.nn.functional.batch_norm"),
        ("__import__('torch.nn.modules').nn.modules.Linear", "torch.nn.modules"),
        ("__import__('torch.nn.init', fromlist=['x']).zeros_(x)", "torch.nn.init"),
        ("__import__('torch.nn.other')", "torch.nn.other"),
    ],
)
def test_what_stays_closed_beside_it_is_told_by_its_name(way: str, name: str, session: socket.socket) -> None:
    guest = opened_within(session, CODE + "\nx = torch.ones(2, 2)\n")
    answer = call(guest, "ask", way)
    assert answer.get("closed") == name, answer
    guest.end()


def test_a_part_that_torch_did_not_load_yet_can_be_opened(session: socket.socket) -> None:
    guest = opened_within(session, f"import torch.nn.utils.prune as prune\n{CODE}", ("torch.nn.utils",))
    assert call(guest, "ask", "prune.identity.__name__") == {"result": "identity"}
    guest.end()


WALKS = [
    "torch._utils._import_dotted_name('torch.optim.Adam')([x])",
    "below(object, 'Adam')([x])",
    "below(object, 'Adam').__init__.__globals__['_single_tensor_adam']()",
    "as_torch('import torch.optim; found = torch.optim.Adam')['found']([x])",
    "as_torch('from torch.optim import lr_scheduler as found')['found'].CosineAnnealingLR.get_lr(None)",
    "as_torch('from torch.nn import init as found')['found'].kaiming_uniform_(x)",
    "next(b[1] for b in sys.modules['grader.sandbox.closing']._behind.values() if b[0] == 'torch.optim').SGD([x], 0.1)",
]
WALK_CODE = f"""{CODE}
x = torch.ones(2, requires_grad=True)

def below(kind, name):
    for found in type.__subclasses__(kind):
        if found.__name__ == name and found.__module__.startswith("torch."): return found
        if further := below(found, name): return further

def as_torch(code):
    place = {{"__file__": torch.functional.__file__}}
    exec(compile(code, torch.functional.__file__, "exec"), place)
    return place
"""


@pytest.mark.parametrize("walk", WALKS)
def test_mathematics_in_python_is_gone_however_it_is_reached(walk: str, session: socket.socket) -> None:
    guest = loaded(session, WALK_CODE, CLOSED)
    answer = call(guest, "ask", walk)
    assert answer.get("raised", [None])[0] == "ClosedName", answer
    assert answer["closed"].startswith(("torch.optim.", "torch.nn.init"))
    guest.end()


def test_what_is_not_closed_keeps_its_body(session: socket.socket) -> None:
    guest = loaded(session, CODE, ("torch.optim",))
    assert call(guest, "ask", "torch.nn.init.constant_(torch.zeros(2), 3.0).tolist()") == {"result": [3.0, 3.0]}
    guest.end()


def test_torch_may_import_what_is_closed_and_was_not_imported_yet(session: socket.socket) -> None:
    guest = loaded(session, CODE, ("torch.distributed", "torch.nn"))
    assert "result" in call(guest, "ask", "torch.testing.assert_close(torch.ones(2), torch.ones(2))")
    answer = call(guest, "ask", "__import__('torch.distributed.optim')")
    assert answer.get("closed") == "torch.distributed.optim", answer
    guest.end()


AUTOGRAD = ("torch.autograd", "torch.func", "torch._decomp", "torch._refs")
GRADIENTS = [
    "(x * x).sum().backward()",
    "torch.Tensor.backward((x * x).sum())",
    "torch.autograd.grad((x * x).sum(), x)",
    "__import__('torch.autograd').autograd.backward((x * x).sum())",
    "__import__('sys').modules['torch.autograd.graph']._engine_run_backward((x.sum(),), (None,), False, False, ())",
    "torch.func.grad(lambda v: (v * v).sum())(torch.ones(2))",
    "__import__('importlib').import_module('torch._deco' + 'mp.decompositions').tanh_backward(x, x)",
]


@pytest.mark.parametrize("way", GRADIENTS)
def test_no_gradient_is_computed_by_torch_where_autograd_is_closed(way: str, session: socket.socket) -> None:
    guest = loaded(session, f"{CODE}\nx = torch.ones(2, requires_grad=True)\n", AUTOGRAD)
    answer = call(guest, "ask", way)
    assert answer.get("raised", [None])[0] == "ClosedName", answer
    assert answer["closed"].startswith(("torch.autograd", "torch.func", "torch._decomp"))
    guest.end()


def test_what_computes_no_gradient_works_where_autograd_is_closed(session: socket.socket) -> None:
    code = f"{CODE}\n@torch.no_grad()\ndef f(x): return str(x.requires_grad_() + 1), x.detach().tolist()\n"
    guest = Guest(session, Limits())
    opened = ["torch.autograd.grad_mode", "torch.autograd.no_grad"]
    names = {"closed": list(AUTOGRAD), "opened": opened, "closed_operators": [], "device": "cpu"}
    assert guest.request({"do": "load", "files": {"toy.py": code}, **names}, 10) == {"loaded": True}
    assert call(guest, "f", torch.ones(1))["result"] == ("tensor([2.])", [1.0])
    guest.end()
