"""The zygote: a process with torch warm, inside the walls, that forks a guest in milliseconds when asked.

It has never seen a hidden suite. Run as `python -m grader.sandbox.zygote FD`, with a Unix socket to the worker as FD.
The worker hands it sessions, one per grading job; over a session the judge asks for guests and for their end.
"""

from __future__ import annotations

import contextlib
import gc
import os
import selectors
import shutil
import signal
import socket
import sys
import tempfile
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import torch

from grader.sandbox import closing, guest, jail, kernel, wire
from grader.sandbox.messages import receive_message, send_message
from grader.sandbox.syscalls import compile_filter
from grader.sandbox.warmth import warm_torch


def main() -> None:
    """Build the walls, warm up, tell the worker, then serve until it hangs up."""
    master = socket.socket(fileno=int(sys.argv[1]))
    opening = receive_message(master)
    if opening is None:
        return
    settings = opening[0]
    warm_torch()
    closing.module_links()
    closing.operators()
    try:
        walls = _raise_walls(settings["hidden"]) if settings["tier"] == "namespaces" else None
    except OSError as error:
        send_message(master, {"error": str(error)})
        return
    gc.collect()
    gc.freeze()
    send_message(master, {"ready": True})
    Zygote(master, walls).serve()


@dataclass(frozen=True)
class _Walls:
    own_uids: bool
    own_pid_namespace: int
    syscall_filter: bytes
    base_data: int


def _raise_walls(hidden: list[str]) -> _Walls:
    """Leave the host behind. Returns in a new process; this one waits for it and ends as it ends."""
    threads = len(list(Path("/proc/self/task").iterdir()))
    if threads != 1:
        raise jail.WallError(0, f"a process that forks must have one thread, this one has {threads}")
    syscall_filter = compile_filter()
    base_data = jail.data_size()
    own_uids = jail.enter_outer_namespaces()
    child = os.fork()
    if child:
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 0xFF)
    kernel.die_with_parent(signal.SIGKILL)
    if own_uids:
        os.setgroups([])
    jail.build_root([Path(path) for path in hidden])
    return _Walls(own_uids, os.pidfd_open(os.getpid()), syscall_filter, base_data)


@dataclass
class _Session:
    """One grading job's line to the zygote, and the guests that it asked for."""

    connection: socket.socket
    guests: dict[int, str | None] = field(default_factory=dict)
    """By pid, with the work folder to remove where it is not a file system of the guest's own."""


class Zygote:
    """Serves the worker and its sessions, one message at a time; each takes a fork at most."""

    def __init__(self, master: socket.socket, walls: _Walls | None) -> None:
        self._master, self._walls = master, walls
        self._selector = selectors.DefaultSelector()
        self._selector.register(master, selectors.EVENT_READ, None)
        self._uids: dict[int, int] = {}

    def serve(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.data is None:
                    if not self._accept():
                        return
                else:
                    self._answer(key.data)

    def _accept(self) -> bool:
        received = receive_message(self._master, max_handles=1)
        if received is None:
            return False
        connection = socket.socket(fileno=received[1][0])
        self._selector.register(connection, selectors.EVENT_READ, _Session(connection))
        return True

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

    def _spawn(self, session: _Session, message: dict[str, Any], handles: list[int]) -> dict[str, Any]:
        uid = next(uid for uid in range(1, jail.GUEST_UIDS + 1) if uid not in self._uids.values())
        folder = message["folder"] = None if self._walls else tempfile.mkdtemp(prefix="gradescent-guest-")
        try:
            child = jail.fork_guest(self._walls.own_pid_namespace) if self._walls else os.fork()
        except OSError as error:
            for handle in handles:
                os.close(handle)
            return {"error": f"fork: {error}"}
        if child == 0:
            self._become_guest(message, handles, uid)
        for handle in handles:
            os.close(handle)
        session.guests[child] = folder
        self._uids[child] = uid
        return {"guest": child}

    def _become_guest(self, message: dict[str, Any], handles: list[int], uid: int) -> NoReturn:
        """Run in the child; never returns."""
        status = 1
        try:
            connection = _keep_only(*handles)
            limits = jail.GuestLimits(
                cpu_seconds=message["cpu_seconds"],
                data_bytes=message["data_bytes"] + (self._walls.base_data if self._walls else 0),
                work_folder_bytes=message["work_folder_bytes"],
            )
            os.environ.clear()
            if self._walls is None:
                os.setsid()
                os.chdir(message["folder"])
                jail.limit_resources(limits)
            else:
                jail.close_guest_walls(
                    limits,
                    uid=uid if self._walls.own_uids else None,
                    syscall_filter=self._walls.syscall_filter,
                )
            wire.send(connection, wire.encode({"ready": True}))
            guest.serve(connection, wire.Limits(body_bytes=message["request_bytes"]))
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
        del self._uids[child]
        if folder := session.guests.pop(child):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
            shutil.rmtree(folder, ignore_errors=True)
        code = os.waitstatus_to_exitcode(status)
        return {
            "ended_itself": bool(found),
            "code": code,
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
        }

    def _end(self, session: _Session) -> None:
        self._selector.unregister(session.connection)
        session.connection.close()
        for child in list(session.guests):
            self._reap(session, child)


def _keep_only(connection: int, output: int) -> socket.socket:
    """Leave this process the wire as descriptor 3 and the output pipe as 1 and 2; everything else is closed."""
    nothing = os.open("/dev/null", os.O_RDONLY)
    moved = [os.dup(connection), os.dup(output), os.dup(nothing)]
    high = [os.dup2(handle, 100 + index) for index, handle in enumerate(moved)]
    for index, target in ((2, 0), (1, 1), (1, 2), (0, 3)):
        os.dup2(high[index], target)
    os.closerange(4, 4096)
    return socket.socket(fileno=3)


if __name__ == "__main__":
    torch.set_num_threads(1)
    with contextlib.suppress(BrokenPipeError):  # the worker went away while this process warmed up
        main()
