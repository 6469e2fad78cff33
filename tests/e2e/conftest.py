"""A whole installation, started as a user starts it, and a real browser in front of it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from grader.demo import DEMO_USERS
from grader.settings import Settings
from grader.store.database import Database
from tests.servers import free_port

START_SECONDS = 90
STOP_SECONDS = 120  # a grade that is under way is finished first
CHROMIUM_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

LogIn = Callable[..., Page]


@dataclass(frozen=True)
class Installation:
    """A portal that is served, and the folder of its data."""

    address: str
    data: Path


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A portal with the demo course and its worker."""
    folder = tmp_path_factory.mktemp("served")
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GRADESCENT_")}
    environment |= {"GRADESCENT_DATA_DIR": str(folder / "var"), "GRADESCENT_PORT": str(port)}
    log = folder / "serve.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "grader.cli", "serve"], env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        _wait_until_served(server, port, log)
        yield Installation(f"http://127.0.0.1:{port}", folder / "var")
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(STOP_SECONDS)


@pytest.fixture(scope="session")
def address(installation: Installation) -> str:
    """The address of the portal."""
    return installation.address


@pytest.fixture
def stored(installation: Installation) -> Iterator[Database]:
    """The portal's database, for a test that stores what no demo has."""
    opened = Database(replace(Settings(), data_dir=installation.data).resolved_database_url())
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. Where it is missing the tests are not run, and in CI they fail."""
    program = shutil.which("chromium")
    if program is None:
        words = "not run: needs the system package chromium (apt-get install chromium)"
        if os.environ.get("CI"):
            pytest.fail(words, pytrace=False)
        pytest.skip(words)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=CHROMIUM_ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def log_in(browser: Browser, address: str) -> Iterator[LogIn]:
    """Open a fresh session of a demo user. A page that reports an error, or breaks its own policy, fails the test."""
    complaints: list[str] = []
    contexts = []

    def open_session(username: str, **options: object) -> Page:
        context = browser.new_context(base_url=address, **options)  # type: ignore[arg-type]  # options as they come
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda said: complaints.append(f"{page.url}: {said.text}") if said.type == "error" else None)
        page.goto("/log-in")
        page.get_by_label("User name").fill(username)
        page.get_by_label("Password").fill(_password(username))
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("button", name="Log out").wait_for()
        return page

    yield open_session
    for context in contexts:
        context.close()
    expected = "the server responded with a status of 4"  # a page about a mistake is an answer, not a complaint
    assert [words for words in complaints if expected not in words] == []


def _password(username: str) -> str:
    return next(user.password for user in DEMO_USERS if user.username == username)


def _wait_until_served(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait until the portal answers and the demo's submissions are graded, which `serve` says last."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        if _answers(port) and "Gradescent at" in log.read_text(errors="replace"):
            return
        time.sleep(0.2)
    pytest.fail(f"`gradescent serve` was not up within {START_SECONDS} s. It said:\n{log.read_text(errors='replace')}")


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
