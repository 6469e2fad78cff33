"""The zygote: a process with torch warm, inside the walls, that forks a guest in milliseconds when asked.

It has never seen a hidden suite. Run as `python -m grader.sandbox.zygote FD`, with a Unix socket to the worker as FD.
The worker hands it sessions, one per grading job; over a session the judge asks for guests and for their end.
"""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import selectors
import signal
import socket
import sys
import traceback
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import torch

from grader.sandbox import closing, guest, kernel, watching, wire
from grader.sandbox.limits import GuestLimits
from grader.sandbox.messages import receive_message, send_message
from grader.sandbox.tiers import TIERS, Tier
from grader.sandbox.walls import GUEST_UIDS, WallError, gpu_devices
from grader.sandbox.warmth import cap_gpu_memory, warm_gpu, warm_torch


def main() -> None:
    """Warm up, build the walls, tell the worker, then serve until it hangs up."""
    master = socket.socket(fileno=int(sys.argv[1]))
    opening = receive_message(master)
    if opening is None:
        return
    settings = opening[0]
    kernel.offer_as_victim()
    warm_torch(with_autograd=settings["device"] != "gpu")
    closing.survey()
    watching.files_of_mathematics()
    gc.collect()
    gc.freeze()
    kernel.gather_memory()
    gpu = gpu_devices() if settings["device"] == "gpu" else []
    try:
        if settings["device"] == "gpu" and not gpu:
            raise WallError(0, "this machine has no GPU that its driver knows of")
        tier = TIERS[settings["tier"]]([Path(path) for path in settings["hidden"]], gpu)
        try_out(tier)
    except OSError as error:
        send_message(master, {"error": error.strerror or str(error)})
        return
    send_message(master, {"ready": True, "own_uids": tier.own_uids})
    Zygote(master, tier, has_gpu=bool(gpu)).serve()


def try_out(tier: Tier) -> None:
    """Shut a process in as a guest is, to find out now whether that works here. Raises `WallError`."""
    limits = GuestLimits(
        cpu_seconds=1, data_bytes=1 << 20, work_folder_bytes=1 << 20, open_files=8, threads=1, device_memory_bytes=1
    )
    mine, theirs = socket.socketpair()
    with mine:
        child = tier.fork()
        if child == 0:
            told = b"well"
            try:
                tier.set_apart()
                tier.shut_in(limits, 0)
            except OSError as error:
                told = f"{error.strerror or error}".encode()
            theirs.send(told)
            os._exit(0)
        theirs.close()  # so that one which ends without a word is heard of
        told = mine.recv(400)
        os.waitpid(child, 0)
        tier.clear(child)
    if told != b"well":
        raise WallError(0, f"a guest cannot be shut in: {told.decode(errors='replace')}")


@dataclass
class _Session:
    """One grading job's line to the zygote, and the pids of the guests that it asked for."""

    connection: socket.socket
    guests: list[int] = field(default_factory=list)


@dataclass
class _Waiting:
    """A guest that was forked ahead of need, and the line over which it will be told what for."""

    pid: int
    line: socket.socket


class Zygote:
    """Serves the worker and its sessions, one message at a time; each takes a fork at most.

    One guest is always forked ahead: it has its namespaces, and on a GPU its context, before anybody asks. A guest
    is used once. CUDA does not outlive a fork, so this process never touches it; its guests do.
    """

    def __init__(self, master: socket.socket, tier: Tier, *, has_gpu: bool) -> None:
        self._master, self._tier, self._has_gpu = master, tier, has_gpu
        self._selector = selectors.DefaultSelector()
        self._selector.register(master, selectors.EVENT_READ, self._accept)
        self._is_over = False
        self._waiting: list[_Waiting] = []
        self._numbers: dict[int, int] = {}
        """By pid, the number that tells a guest from those beside it."""

    def serve(self) -> None:
        self._fork_ahead()
        while not self._is_over:
            for key, _ in self._selector.select():
                key.data()

    def _accept(self) -> None:
        received = receive_message(self._master, max_handles=1)
        if received is None:
            self._is_over = True
            return
        session = _Session(socket.socket(fileno=received[1][0]))
        self._selector.register(session.connection, selectors.EVENT_READ, partial(self._answer, session))

    def _answer(self, session: _Session) -> None:
        try:
            received = receive_message(session.connection, max_handles=2)
        except (OSError, EOFError):
            received = None
        if received is None:
            self._end(session)
            return
        message, handles = received
        if message["do"] == "spawn":
            answer = self._spawn(session, message, handles)
        else:
            answer = self._reap(session, message["guest"])
        try:
            send_message(session.connection, answer)
        except OSError:
            self._end(session)
        self._fork_ahead()

    def _spawn(self, session: _Session, message: dict[str, Any], handles: list[int]) -> dict[str, Any]:
        try:
            guest = self._assign(message, handles)
        except OSError as error:
            return {"error": f"fork: {error}"}
        finally:
            for handle in handles:
                os.close(handle)
        session.guests.append(guest)
        return {"guest": guest}

    def _assign(self, message: dict[str, Any], handles: list[int]) -> int:
        """Tell a waiting guest what it is for, and return its pid; one that died while it waited is replaced."""
        self._fork_ahead()
        while True:
            waiting = self._waiting.pop()
            with waiting.line:
                try:
                    send_message(waiting.line, message, handles)
                except OSError:
                    self._bury(waiting.pid)
                    self._waiting.append(self._fork())
                    continue
            return waiting.pid

    def _fork_ahead(self) -> None:
        if not self._waiting:
            self._waiting.append(self._fork())

    def _fork(self) -> _Waiting:
        if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]  # torch has no types here
            raise OSError("CUDA was used in the process that forks")
        number = next(number for number in range(GUEST_UIDS) if number not in self._numbers.values())
        mine, theirs = socket.socketpair()
        with theirs:
            child = self._tier.fork()
            if child == 0:
                self._become_guest(theirs, number)
        self._numbers[child] = number
        return _Waiting(child, mine)

    def _become_guest(self, line: socket.socket, number: int) -> NoReturn:
        """Run in the child; never returns."""
        status = 1
        try:
            os.environ.clear()
            line = _keep_only(line, self._tier)
            self._tier.set_apart()
            if self._has_gpu:
                warm_gpu()
            if (received := receive_message(line, max_handles=2)) is not None:
                message, handles = received
                limits = GuestLimits(**message["limits"])
                os.nice(message["niceness"])
                if self._has_gpu:
                    cap_gpu_memory(limits.device_memory_bytes)
                connection = _take_up(line, *handles)
                self._tier.shut_in(limits, number)
                wire.send(connection, wire.frame({"ready": True}))
                guest.serve(connection, wire.Limits(**message["requests"]), wire.Limits(**message["results"]))
            status = 0
        except BaseException:  # noqa: BLE001 - nothing may climb out of here into the zygote's own loop
            traceback.print_exc()
        finally:
            os._exit(status)

    def _reap(self, session: _Session, child: int) -> dict[str, Any]:
        """End a guest if it still runs, and tell how it ended: what it did itself, or our SIGKILL."""
        if child not in session.guests:
            return {"error": f"no guest {child} in this session"}
        found, status, usage = os.wait4(child, os.WNOHANG)
        if not found:
            os.kill(child, signal.SIGKILL)
            _, status, usage = os.wait4(child, 0)
        session.guests.remove(child)
        self._forget(child)
        return {
            "ended_itself": bool(found),
            "code": os.waitstatus_to_exitcode(status),
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
            "grown_kb": max(0, usage.ru_maxrss - resource.getrusage(resource.RUSAGE_SELF).ru_maxrss),
        }

    def _end(self, session: _Session) -> None:
        """End what is left of a job. Its guests are killed now and buried when they are dead: nobody waits for that."""
        self._selector.unregister(session.connection)
        session.connection.close()
        for child in session.guests:
            handle = os.pidfd_open(child)
            with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
                signal.pidfd_send_signal(handle, signal.SIGKILL)
            self._selector.register(handle, selectors.EVENT_READ, partial(self._bury, child, handle))

    def _bury(self, child: int, handle: int | None = None) -> None:
        """Take leave of a guest that has ended, or is ending."""
        if handle is not None:
            self._selector.unregister(handle)
            os.close(handle)
        os.waitpid(child, 0)
        self._forget(child)

    def _forget(self, child: int) -> None:
        del self._numbers[child]
        self._tier.clear(child)


def _keep_only(line: socket.socket, tier: Tier) -> socket.socket:
    """Leave this process nothing as descriptors 0 and 1, the errors of ours as 2, and its line as 3.

    And what the tier still needs, which becomes descriptor 4.
    """
    nothing = os.open("/dev/null", os.O_RDWR)
    wanted = [nothing, nothing, 2, line.detach(), *([tier.kept] if tier.kept is not None else [])]
    high = [os.dup2(handle, 100 + place) for place, handle in enumerate(wanted)]
    for place, handle in enumerate(high):
        os.dup2(handle, place)
    if tier.kept is not None:
        tier.kept = 4
    os.closerange(len(wanted), 4096)
    return socket.socket(fileno=3)


def _take_up(line: socket.socket, connection: int, output: int) -> socket.socket:
    """Put the wire in the place of the line, and the output pipe in that of standard output and error."""
    for handle, place in ((output, 1), (output, 2), (connection, line.detach())):
        os.dup2(handle, place)
    os.close(connection)
    os.close(output)
    return socket.socket(fileno=3)


if __name__ == "__main__":
    torch.set_num_threads(1)
    with contextlib.suppress(BrokenPipeError):  # the worker went away while this process warmed up
        main()
