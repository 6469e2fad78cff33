"""The container files: valid, without a secret of their own, and the portal's image without what grades."""

from __future__ import annotations

import re
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

from grader.settings import REPOSITORY

DOCKER = REPOSITORY / "docker"
BIN = Path(sys.executable).parent


def test_the_compose_file_follows_the_compose_specification() -> None:
    checker = [BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", DOCKER / "compose.yaml"]
    found = subprocess.run(checker, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


def test_the_dockerfile_passes_its_linter() -> None:
    found = subprocess.run([BIN / "hadolint", DOCKER / "Dockerfile"], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


def test_no_secret_has_a_default() -> None:
    compose = (DOCKER / "compose.yaml").read_text(encoding="utf-8")
    secrets = re.findall(r"\$\{(\w*(?:PASSWORD|SECRET)\w*)(.)(.)", compose)
    assert {name for name, *_ in secrets} == {"POSTGRES_PASSWORD", "REDIS_PASSWORD", "GRADESCENT_SECRET_KEY"}
    assert {(colon, mark) for _, colon, mark in secrets} == {(":", "?")}


def test_the_portals_image_is_given_nothing_that_the_portal_may_not_import() -> None:
    stage = (DOCKER / "Dockerfile").read_text(encoding="utf-8").split("FROM base AS web")[1].split("\nFROM ")[0]
    copied = [words.split()[:-1] for words in re.findall(r"^COPY (.*)$", stage.replace("\\\n", ""), re.MULTILINE)]
    modules = {path.removesuffix(".py").replace("/", ".") for paths in copied for path in paths}
    contracts = ConfigParser()
    contracts.read(REPOSITORY / ".importlinter")
    closed = set(contracts["importlinter:contract:portal"]["forbidden_modules"].split())
    assert modules == {
        "exercises",
        "grader.__init__",
        "webapp",
        *(f"grader.{name}" for name in ("readiness", "settings", "store", "tracing")),
        *(f"grader.{name}" for name in ("broker", "bundle", "catalog", "domain", "logs", "queue")),
    }
    assert not modules & closed
