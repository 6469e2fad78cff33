"""What this machine gives the sandbox, found out by trying: every tier is started and a guest tries to break out."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from pathlib import Path

from grader.catalog import load_catalog
from grader.domain.errors import GraderFault
from grader.domain.exercise import Limits
from grader.evaluate import hidden_paths
from grader.sandbox import wire
from grader.sandbox.held_guest import Guest
from grader.sandbox.host import TIERS_THAT_HOLD, ZygoteProcess
from grader.sandbox.walls import gpu_devices
from grader.settings import Settings


class State(StrEnum):
    """How good a finding is."""

    GOOD = "good"
    WEAK = "weak"
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `advice` says what would make it better."""

    name: str
    state: State
    text: str
    advice: str = ""


_ADVICE = {
    "new namespaces": (
        "Allow user namespaces: sysctl user.max_user_namespaces above 0, on Debian kernel.unprivileged_userns_clone=1, "
        "on Ubuntu kernel.apparmor_restrict_unprivileged_userns=0; in a container use docker/seccomp.json as its "
        "seccomp profile and no AppArmor profile, as docker/compose.yaml does."
    ),
    "mapping uids": "The container's runtime allows too few uids; the worker may run as an ordinary user instead.",
    "mount": "An AppArmor or SELinux profile refuses mounts; docker/compose.yaml shows how to run without one.",
    "libseccomp": "Install libseccomp: `apt-get install libseccomp2`.",
    "Landlock": "Landlock needs Linux 5.13 or newer with `landlock` among the kernel's security modules (lsm=).",
    "lies inside": "Move the hidden folder out of the folders of libraries, or install the grader from a checkout.",
    "no GPU": "Where there is a GPU, its driver's devices (/dev/nvidia*) have to be in the container.",
}
"""What helps, by a word of the refusal."""

_PROBE = """
import os, socket

def attempt(action):
    try:
        action()
    except (OSError, MemoryError):
        return "held"
    return "open"

def read(path):
    if not os.path.isdir(path):
        open(path, "rb").close()
        return
    for folder, _, names in os.walk(path, onerror=refuse):
        for name in names:
            open(os.path.join(folder, name), "rb").close()
            return
    raise OSError("nothing there")

def refuse(error):
    raise error

def start_a_process():
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)

def write(path):
    os.mkdir(path)
    os.rmdir(path)

def probe(hidden, memory):
    return {
        "hidden files": "open" if "open" in [attempt(lambda: read(path)) for path in hidden] else "held",
        "files of others": attempt(lambda: read("/etc/passwd")),
        "writing outside": attempt(lambda: write("/var/tmp/gradescent-doctor")),
        "other processes": attempt(lambda: os.listdir("/proc/1/task")),
        "signals": attempt(lambda: os.kill(os.getppid() or -1, 0)),
        "new processes": attempt(start_a_process),
        "network": attempt(lambda: socket.socket().close()),
        "memory": attempt(lambda: bytes(memory)),
    }
"""


def examine(settings: Settings) -> Iterator[Finding]:
    """Yield what was found, in the order in which a reader wants it; trying a tier takes some seconds."""
    yield _about_python()
    yield _about_torch()
    best = None
    for tier in (*TIERS_THAT_HOLD, "process"):
        finding = _about_tier(tier, settings)
        yield finding
        if best is None and finding.state is not State.BAD:
            best = tier
    yield _about_choice(settings, best)
    yield from _about_gpu(settings)
    yield _about_course(settings)


def _about_python() -> Finding:
    cores = os.cpu_count() or 1
    return Finding(
        "machine", State.GOOD, f"Python {platform.python_version()}, Linux {platform.release()}, {cores} cores"
    )


def _about_torch() -> Finding:
    try:
        return Finding("torch", State.GOOD, f"PyTorch {metadata.version('torch')}")
    except metadata.PackageNotFoundError:
        return Finding("torch", State.BAD, "PyTorch is not installed", "`make serve` installs everything.")


def _about_tier(tier: str, settings: Settings) -> Finding:
    hidden = [path for path in hidden_paths(settings) if path.exists()]
    try:
        zygote = ZygoteProcess(tier, hidden)
    except GraderFault as fault:
        return Finding(tier, State.BAD, str(fault), _advice(str(fault)))
    try:
        held = _probe(zygote, hidden)
    except (GraderFault, wire.Closed, wire.BadFrame, TimeoutError) as error:
        return Finding(tier, State.BAD, f"a guest does not answer: {error!r}")
    finally:
        zygote.close()
    leaks = [name for name, found in held.items() if found != "held"]
    uids = "a uid of its own for each guest" if zygote.own_uids else "guests share the worker's uid"
    if leaks:
        return Finding(tier, State.BAD if tier != "process" else State.WEAK, f"does not hold: {', '.join(leaks)}")
    advice = "" if zygote.own_uids else "Started as root, and where all may read the interpreter, guests get uids."
    return Finding(tier, State.GOOD, f"holds: {', '.join(held)}; {uids}", advice)


def _probe(zygote: ZygoteProcess, hidden: list[Path]) -> dict[str, str]:
    limits = Limits()
    with zygote.open_session() as session:
        guest = Guest(session, limits)
        try:
            closed: dict[str, list[str]] = {"closed": [], "opened": [], "closed_operators": []}
            guest.request({"do": "load", "files": {"probe.py": _PROBE}, "device": "cpu", **closed}, 10)
            args = ([str(path) for path in hidden], 2 * limits.memory_mb << 20)
            call = {"do": "call", "function": "probe", "args": args, "kwargs": {}, "observe": False}
            found: dict[str, str] = guest.request(call, 20)["result"]
        finally:
            guest.end()
    return found


def _about_choice(settings: Settings, best: str | None) -> Finding:
    wanted, where = settings.sandbox_tier, settings.environment
    chosen = best if wanted == "auto" else wanted
    if best is None or chosen is None:
        return Finding("sandbox", State.BAD, "no tier works on this machine")
    text = f"this machine gives `{best}` at best; in {where} with GRADESCENT_SANDBOX_TIER={wanted} it is `{chosen}`"
    if chosen not in TIERS_THAT_HOLD:
        if settings.is_production:
            return Finding("sandbox", State.BAD, f"{text}, which production refuses")
        return Finding("sandbox", State.WEAK, f"{text}: nobody is held back, and every report says so")
    better = TIERS_THAT_HOLD[: TIERS_THAT_HOLD.index(chosen)]
    advice = f"What `{better[0]}` lacks is told above." if better and wanted == "auto" else ""
    return Finding("sandbox", State.GOOD, text, advice)


def _about_gpu(settings: Settings) -> Iterator[Finding]:
    if not gpu_devices():
        yield Finding("gpu", State.GOOD, "none; everything is graded on the CPU")
        return
    for tier in TIERS_THAT_HOLD:
        try:
            ZygoteProcess(tier, hidden_paths(settings), "gpu").close()
        except GraderFault as fault:
            yield Finding("gpu", State.WEAK, str(fault), _advice(str(fault)))
        else:
            yield Finding("gpu", State.GOOD, f"{', '.join(gpu_devices())}; guests in the tier `{tier}` can use it")
            return


def _about_course(settings: Settings) -> Finding:
    exercises = load_catalog(settings.exercises_dir).exercises
    lacking = [exercise.slug for exercise in exercises if not (settings.suites_dir / exercise.slug).is_dir()]
    if lacking:
        return Finding(
            "course", State.WEAK, f"no hidden suite for {', '.join(lacking)}", f"Look in {settings.suites_dir}."
        )
    return Finding("course", State.GOOD, f"{len(exercises)} exercises, each with its hidden suite")


def _advice(refusal: str) -> str:
    return next((advice for sign, advice in _ADVICE.items() if sign in refusal), "")
