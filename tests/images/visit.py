"""Runs inside the portal's container: migrates, starts the portal as the image does, visits two pages."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request

from grader.settings import read_settings
from grader.store.database import Database

ADDRESS = "http://127.0.0.1:8000"


def main() -> None:
    """Print each page's status and text as JSON."""
    Database(read_settings().resolved_database_url()).migrate()
    portal = subprocess.Popen([sys.executable, "-m", "webapp"])
    try:
        wait_for(portal)
        print(json.dumps({page: visit(page) for page in ("/healthz", "/log-in")}))
    finally:
        portal.terminate()
        portal.wait()


def wait_for(portal: subprocess.Popen[bytes]) -> None:
    """Return once the portal listens; it has a minute."""
    for _ in range(600):
        try:
            visit("/healthz")
        except urllib.error.URLError:
            if portal.poll() is not None:
                sys.exit("the portal ended")
            time.sleep(0.1)
        else:
            return
    sys.exit("the portal does not listen after a minute")


def visit(page: str) -> tuple[int, str]:
    """Return a page's status and text."""
    with urllib.request.urlopen(ADDRESS + page, timeout=5) as answer:
        return answer.status, answer.read().decode()


main()
