"""`gradescent serve`: portal, embedded worker and demo course, started, watched and stopped together."""

from __future__ import annotations

import signal
import socket
import sys
import time
from collections.abc import Sequence
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from threading import Event
from types import FrameType

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from grader.catalog import load_catalog
from grader.child import Child
from grader.demo import DEMO_USERS, load_demo, unfinished
from grader.domain.errors import PortalSilent, SettingsError
from grader.queue import JobQueue
from grader.settings import Settings
from grader.store.database import Database

_PORTAL_SECONDS = 60.0
_DEMO_SECONDS = 120.0
_WATCH_SECONDS = 0.2
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def serve(settings: Settings, console: Console) -> int:
    """Run everything until Ctrl-C or SIGTERM. Returns the exit code. Raises `SettingsError` for a port in use."""
    _require_free_port(settings)
    stop = _stop_on_signals()
    database = Database(settings.resolved_database_url())
    database.migrate()
    queue = JobQueue(settings, database)
    catalog = load_catalog(settings.exercises_dir)
    children = [
        Child("portal", [sys.executable, "-m", "webapp"]),
        Child("worker", [sys.executable, "-m", "grader.cli", "worker"]),
    ]
    try:
        for child in children:
            child.start()
        demo_jobs = [] if settings.is_production else load_demo(settings, catalog, database, queue)
        with console.status("starting the portal and the worker"):
            _wait_for_portal(settings, children, stop, console)
        with console.status("the worker grades the demo submissions"):
            _wait_for_jobs(database, demo_jobs, children, stop, console)
        if not stop.is_set():
            console.print(_welcome(settings))
        while not stop.wait(_WATCH_SECONDS):
            _watch(children, console)
    finally:
        with console.status("stopping; a submission that is being graded is finished first"):
            for child in children:
                child.ask_to_stop()
            for child in children:
                child.stop()
        queue.close()
        database.close()
    console.print("Stopped.")
    return 0


def _require_free_port(settings: Settings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise SettingsError(
                f"The portal cannot listen on {settings.host}:{settings.port}: {error.strerror}.\n"
                f"Choose another port, for example: GRADESCENT_PORT={settings.port + 1} gradescent serve"
            ) from None


def _stop_on_signals() -> Event:
    """Return an event that Ctrl-C and SIGTERM set; a second signal interrupts whatever waits."""
    stop = Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    return stop


def _wait_for_portal(settings: Settings, children: Sequence[Child], stop: Event, console: Console) -> None:
    deadline = time.monotonic() + _PORTAL_SECONDS
    while not stop.is_set() and not _answers(settings):
        if time.monotonic() > deadline:
            raise PortalSilent(f"The portal did not answer within {_PORTAL_SECONDS:g} s; see its log above.")
        _watch(children, console)
        stop.wait(_WATCH_SECONDS)


def _answers(settings: Settings) -> bool:
    connection = HTTPConnection(_reachable(settings.host), settings.port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _wait_for_jobs(
    database: Database, job_ids: Sequence[int], children: Sequence[Child], stop: Event, console: Console
) -> None:
    deadline = time.monotonic() + _DEMO_SECONDS
    while unfinished(database, job_ids) and not stop.is_set() and time.monotonic() < deadline:
        _watch(children, console)
        stop.wait(_WATCH_SECONDS)


def _watch(children: Sequence[Child], console: Console) -> None:
    for child in children:
        if words := child.revive():
            console.print(words, style="yellow", markup=False)


def _reachable(host: str) -> str:
    """Return an address at which a portal that listens on `host` can be reached from here."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 - read, not bound


def _address(settings: Settings) -> str:
    host = _reachable(settings.host)
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


def _welcome(settings: Settings) -> Panel:
    people = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for head in ("log in as", "password", ""):
        people.add_column(head)
    if not settings.is_production:
        for user in DEMO_USERS:
            people.add_row(user.username, user.password, f"{user.display_name}, {user.role}")
        if settings.host not in _LOOPBACK:
            people.caption = "Everybody knows these passwords, and other machines can reach this address."
    title, subtitle = f"Gradescent at {_address(settings)}", "Ctrl-C stops everything"
    return Panel(people, title=title, subtitle=subtitle, padding=(1, 2))
