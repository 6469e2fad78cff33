"""What the walls hold, family by family, in each tier that promises to: probes from inside a guest."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.domain.exercise import Limits
from grader.sandbox import landlock
from grader.sandbox.held_guest import Guest
from grader.sandbox.host import TIERS_THAT_HOLD, ZygoteProcess
from grader.sandbox.syscalls import compile_filter, for_process
from grader.sandbox.walls import WallError, libraries
from grader.settings import REPOSITORY

pytestmark = pytest.mark.slow

PROBES = '''
import ctypes, errno, fcntl, mmap, os, resource, select, signal, socket, tempfile, threading, time

libc = ctypes.CDLL(None, use_errno=True)

def call(x86, arm, *args):
    """Ask the kernel directly; return "allowed" or the name of the error."""
    number = x86 if os.uname().machine == "x86_64" else arm
    padded = [ctypes.c_long(arg) if isinstance(arg, int) else arg for arg in (*args, 0, 0, 0, 0, 0, 0)[:6]]
    ctypes.set_errno(0)
    return "allowed" if libc.syscall(number, *padded) >= 0 else errno.errorcode[ctypes.get_errno()]

def attempt(code):
    """Run an expression; return "allowed" or the name of the error."""
    try:
        eval(code, globals())
    except OSError as error:
        return errno.errorcode[error.errno]
    return "allowed"

def compute(code):
    """Run statements; return what they leave as `found`."""
    names = dict(globals())
    exec(code, names)
    return names["found"]
'''


@pytest.fixture(scope="module", params=TIERS_THAT_HOLD)
def guest(request: pytest.FixtureRequest) -> Iterator[Guest]:
    zygote = ZygoteProcess(request.param, [REPOSITORY / "grader", REPOSITORY / "exercises"])
    with zygote.open_session() as session:
        made = Guest(session, Limits())
        names = {"closed": [], "opened": [], "closed_operators": [], "device": "cpu"}
        loaded = made.request({"do": "load", "files": {"probes.py": PROBES}, **names}, 10)
        assert loaded == {"loaded": True}
        yield made
        made.end()
    zygote.close()


def ask(guest: Guest, function: str, *args: Any) -> Any:
    answer = guest.request({"do": "call", "function": function, "args": args, "kwargs": {}, "observe": False}, 20)
    assert "result" in answer, answer
    return answer["result"]


HANDLE = 1  # standard output: a pipe, of which a guest owns its end
REFUSED = {
    "processes": [(57, 1071), (58, 1071), (59, 221), (322, 281)],  # fork and vfork (not on arm64), execve, execveat
    "tracing": [(101, 117, 16, 1), (310, 270, 1), (311, 271, 1), (312, 272)],  # ptrace, process_vm_*, kcmp
    "namespaces and mounts": [
        (272, 97, 0x10000000),
        (308, 268),
        (165, 40),
        (166, 39),
        (155, 41),
        (161, 51),
        (428, 428),
    ],
    "identity": [(105, 146), (106, 144), (117, 147), (119, 149), (126, 91), (116, 159)],  # setuid ... capset, setgroups
    "network": [(41, 198, 2, 1), (41, 198, 1, 1), (41, 198, 16, 3), (53, 199, 1, 1), (42, 203), (49, 200), (50, 201)],
    "shared memory and queues": [(29, 194), (68, 186), (64, 190), (240, 180), (319, 279), (447, 447)],
    "rings, events and watches": [(425, 425, 8), (426, 426), (323, 282), (298, 241), (300, 262), (253, 26), (284, 85)],
    "kernel": [(321, 280), (175, 105), (246, 104), (248, 217), (250, 219), (103, 116), (169, 142), (167, 224)],
    "scheduling of others": [(144, 119, 1), (203, 122, 1), (141, 140, 0, 1), (251, 30, 1, 1), (314, 274, 1)],
    "clocks": [(164, 170), (227, 112), (159, 171), (305, 266)],
    "times and rights of files": [(90, 1071), (268, 53), (92, 1071), (280, 88), (188, 5), (133, 33)],
    "handles": [(303, 264), (304, 265), (434, 434, 1), (438, 438, 3)],
    "filters of its own": [(317, 277), (157, 167, 22), (444, 444), (446, 446)],
}


@pytest.mark.parametrize("family", REFUSED)
def test_a_family_of_system_calls_is_refused(family: str, guest: Guest) -> None:
    if os.uname().machine == "aarch64":
        calls = [call for call in REFUSED[family] if call[1] != 1071]  # calls that this machine does not have
    else:
        calls = REFUSED[family]
    found = {call: ask(guest, "call", *call) for call in calls}
    assert set(found.values()) == {"EPERM"}, found


CONDITIONS = {
    "a thread is no process: clone without its flag": "call(56, 220, 17)",
    "a signal to everybody": "os.kill(-1, 0)",
    "a signal to its group": "os.kill(0, 0)",
    "a signal to its parent": "os.kill(os.getppid() or 2, 0)",
    "a signal by a descriptor's owner": "fcntl.fcntl(1, 8, 1)",
    "a signal of choice by a descriptor": "fcntl.fcntl(1, 10, 9)",
    "the owner set by ioctl": "fcntl.ioctl(1, 0x8901, b'1234')",
    "typing into a terminal": "fcntl.ioctl(1, 0x5412, b'x')",
    "memory that others share": "mmap.mmap(-1, 4096)",
    "memory that grows by itself": "mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x100)",
    "limits of others": "resource.prlimit(2, resource.RLIMIT_NOFILE, (1, 1))",
}


@pytest.mark.parametrize("what", CONDITIONS)
def test_what_depends_on_an_argument_is_refused(what: str, guest: Guest) -> None:
    code = CONDITIONS[what]
    found = ask(guest, "compute", f"found = {code}") if code.startswith("call(") else ask(guest, "attempt", code)
    assert found == "EPERM"


def test_address_space_has_a_limit_too(guest: Guest) -> None:
    """Reading a terabyte that was never written takes gigabytes of page tables, which nobody counts."""
    assert ask(guest, "attempt", "mmap.mmap(-1, 1 << 40, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)") == "ENOMEM"


def test_clone3_answers_that_it_does_not_exist_so_that_threads_are_made_by_clone(guest: Guest) -> None:
    assert ask(guest, "call", 435, 435) == "ENOSYS"


NEEDED = {
    "threads": "t = threading.Thread(target=time.sleep, args=(0,)); t.start(); t.join(); found = t.is_alive()",
    "a signal to itself": "a = []; signal.signal(10, lambda *_: a.append(1)); signal.raise_signal(10); found = not a",
    "timers": "signal.setitimer(signal.ITIMER_REAL, 60); found = signal.setitimer(signal.ITIMER_REAL, 0)[0] < 1",
    "pipes": "r, w = os.pipe(); os.write(w, b'x'); found = os.read(r, 9) != b'x'; os.close(r); os.close(w)",
    "waiting": "found = bool(select.select([], [], [], 0.001)[0])",
    "private memory": "found = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)[:] != bytes(4096)",
    "randomness": "found = len(os.urandom(8)) != 8",
    "own limits": "found = resource.getrlimit(resource.RLIMIT_CORE) != (0, 0)",
    "nothing to read": "found = open('/dev/null', 'rb').read() != b''",
    "nowhere to write": "found = open('/dev/null', 'w').write('x') != 1",
    "libraries": "found = not open(os.__file__).read(10)",
    "imports": "import wsgiref.headers; found = False",
}


@pytest.mark.parametrize("what", NEEDED)
def test_what_honest_code_needs_is_there(what: str, guest: Guest) -> None:
    assert ask(guest, "compute", NEEDED[what]) is False


@pytest.mark.parametrize(
    "path",
    [
        REPOSITORY / "grader" / "suites" / "adaptive" / "reference.py",
        REPOSITORY / "exercises" / "adaptive" / "manifest.toml",
        REPOSITORY / "README.md",
        Path("/etc/passwd"),
        Path("/proc/self/environ"),
        Path("/proc/1/cmdline"),
        Path("/sys/kernel"),
        Path("/boot"),
        Path("/home"),
        Path("/tmp"),
        Path("/var"),
        Path("/dev"),
    ],
    ids=str,
)
def test_a_path_outside_cannot_be_looked_into(path: Path, guest: Guest) -> None:
    attempt = f"os.listdir({str(path)!r})" if path.is_dir() else f"open({str(path)!r}).close()"
    found = ask(guest, "attempt", attempt)
    if path == Path("/tmp") and found == "allowed":
        # In the jail it is the guest's own work folder, or the way to a library that lies under it.
        on_the_way = {place.parts[2] for place in libraries() if place.is_relative_to("/tmp")}
        assert set(ask(guest, "compute", "found = os.listdir('/tmp')")) == on_the_way
    elif path == Path("/dev") and found == "allowed":
        assert ask(guest, "compute", "found = sorted(os.listdir('/dev'))") == ["null", "urandom", "zero"]
    else:
        assert found in ("EACCES", "ENOENT")


@pytest.mark.parametrize("folder", ["/", "/tmp/..", "/usr/lib", "/dev", "/var/tmp", "/dev/shm", str(REPOSITORY)])
def test_nothing_can_be_made_outside(folder: str, guest: Guest) -> None:
    for code in (
        f"open({folder!r} + '/planted', 'w')",
        f"os.mkdir({folder!r} + '/planted')",
        f"os.symlink('/', {folder!r} + '/planted')",
        f"os.rename({folder!r} + '/null', {folder!r} + '/planted')",
    ):
        assert ask(guest, "attempt", code) in ("EACCES", "EROFS", "ENOENT", "EPERM", "EXDEV")


def test_a_library_cannot_be_cut_short(guest: Guest) -> None:
    size = Path(os.__file__).stat().st_size
    for code in (
        "os.truncate(os.__file__, 0)",
        "os.open(os.__file__, os.O_RDONLY | os.O_TRUNC)",
        "os.open(os.__file__, os.O_WRONLY)",
    ):
        assert ask(guest, "attempt", code) in ("EACCES", "EROFS", "EPERM")
    assert Path(os.__file__).stat().st_size == size


def test_a_filter_for_a_kernel_that_does_not_hold_truncation_differs() -> None:
    assert compile_filter(truncation=False) != compile_filter()


def test_a_filter_is_completed_with_the_pid_of_its_process() -> None:
    program = compile_filter()
    mine, other = for_process(program, 4242), for_process(program, 4243)
    assert len(mine) == len(other) == len(program)
    assert mine != other
    assert for_process(mine, 4243) == mine, "once completed there is nothing left to complete"


def test_what_is_hidden_must_not_lie_inside_the_libraries() -> None:
    inside = next(path for path in libraries() if path.is_dir()) / "grader"
    with pytest.raises(WallError, match="lies inside a folder of libraries"):
        landlock.make_rules([inside], [])
