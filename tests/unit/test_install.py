"""Which PyTorch `tools/install.py` chooses for which machine; no network, nothing is installed."""

from __future__ import annotations

import importlib.util
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from grader.settings import REPOSITORY

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
PIN = f"torch=={PROJECT['tool']['gradescent']['torch']}"
PLAIN = [("install", PIN)]
Machine = Callable[..., list[tuple[str, ...]]]


@pytest.fixture
def install() -> ModuleType:
    """The installer as a module; it is a script beside the project, not a part of it."""
    spec = importlib.util.spec_from_file_location("install", REPOSITORY / "tools" / "install.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def machine(install: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Describe a machine and return what pip is asked for there."""

    def ask(
        *,
        platform: str = "linux",
        gpu: bool = False,
        index: bool = True,
        present: str | None = None,
        torch: str | None = None,
    ) -> list[tuple[str, ...]]:
        asked: list[tuple[str, ...]] = []
        monkeypatch.setattr(install.sys, "platform", platform)
        monkeypatch.setattr(install, "has_nvidia_gpu", lambda: gpu)
        monkeypatch.setattr(install, "cpu_index_answers", lambda: index)
        monkeypatch.setattr(install, "accepted_torch", lambda *_: present)
        monkeypatch.setattr(install, "pip", lambda _, *arguments: asked.append(arguments))
        monkeypatch.delenv("PIP_NO_INDEX", raising=False)
        monkeypatch.setenv("TORCH", torch or "")
        install.install_torch(Path("python"), PROJECT)
        return asked

    return ask


def test_linux_without_a_gpu_gets_the_cpu_build(install: ModuleType, machine: Machine) -> None:
    assert machine() == [("install", "--index-url", install.CPU_INDEX, PIN)]


def test_without_pytorchs_own_index_the_configured_one_serves_and_it_is_told(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert machine(index=False) == PLAIN
    assert "cannot be reached" in capsys.readouterr().out


def test_a_gpu_gets_the_cuda_build_unless_somebody_wants_the_cpu(install: ModuleType, machine: Machine) -> None:
    assert machine(gpu=True) == PLAIN
    assert machine(gpu=True, torch="cpu") == [("install", "--index-url", install.CPU_INDEX, PIN)]


def test_cuda_can_be_asked_for_where_there_is_no_gpu(machine: Machine) -> None:
    assert machine(torch="cuda") == PLAIN


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_elsewhere_the_default_package_has_no_cuda(machine: Machine, platform: str) -> None:
    assert machine(platform=platform) == PLAIN


def test_an_accepted_torch_stays(machine: Machine) -> None:
    assert machine(present="2.9.1+cu128") == []


def test_a_misspelt_choice_is_refused(machine: Machine) -> None:
    with pytest.raises(SystemExit, match="TORCH=gpu: expected auto, cpu or cuda"):
        machine(torch="gpu")


@pytest.mark.parametrize(("installed", "accepted"), [("2.5.1", False), ("2.6.0+cpu", True), ("2.14.0", False)])
def test_the_workers_range_decides_what_is_accepted(
    install: ModuleType, tmp_path: Path, installed: str, accepted: bool
) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\necho {installed}\n")
    python.chmod(0o755)
    assert install.accepted_torch(python, PROJECT) == (installed if accepted else None)
