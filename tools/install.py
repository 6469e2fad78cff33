#!/usr/bin/env python3
"""Make a virtual environment with everything that Gradescent needs; standard library only, no package by hand.

    python3 tools/install.py .venv --extras worker,servers,dev

PyTorch is chosen first, so that a machine without a GPU never downloads several GB of CUDA packages: see `Torch`
below and `docs/dependencies.md`. The environment variable TORCH decides by hand: `cpu`, `cuda`, or `auto`.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tomllib
import urllib.error
import urllib.request
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
CPU_INDEX_TIMEOUT = 5.0  # seconds
NO_VENV = "This Python cannot make a virtual environment: its ensurepip is missing."


def main() -> None:
    """Make or update the environment; idempotent."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("venv", type=Path, help="the environment's folder, for example .venv")
    parser.add_argument("--extras", default="", help="extras of pyproject.toml, separated by commas")
    parser.add_argument("--project", type=Path, metavar="FOLDER", help="take the project from there, uninstalled")
    options = parser.parse_args()
    extras = [name for name in options.extras.split(",") if name]
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))

    python = make_venv(options.venv)
    if "worker" in extras:
        install_torch(python, project)
    say("installing the packages that pyproject.toml names")
    if options.project:
        pip(python, "install", *requirements(project, extras))
        point_to(options.project, python)
    else:
        pip(python, "install", "--editable", str(REPOSITORY) + (f"[{','.join(extras)}]" if extras else ""))


def make_venv(folder: Path) -> Path:
    """Return the interpreter of the environment in `folder`, made where there is none or where its Python is gone."""
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if succeeds(str(python), "-m", "pip", "--version"):
        return python
    if not succeeds(sys.executable, "-c", "import ensurepip"):
        install_ensurepip()
    say(f"making {folder} with Python {'.'.join(map(str, sys.version_info[:3]))}")
    run(sys.executable, "-m", "venv", "--clear", str(folder))
    return python


def install_ensurepip() -> None:
    """Install what Debian and Ubuntu split off from Python, or say in one line what to install."""
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if not (hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get")):
        sys.exit(f"{NO_VENV} On Debian and Ubuntu: sudo apt-get install {package}")
    say(f"{NO_VENV} Installing {package}.")
    run("apt-get", "update", "-qq")
    run("apt-get", "install", "-y", "-qq", "-o=Dpkg::Use-Pty=0", "--no-install-recommends", package)


def install_torch(python: Path, project: dict) -> None:
    """Install the pinned PyTorch, in the build that fits this machine, unless one that the worker accepts is there."""
    pin = f"torch=={project['tool']['gradescent']['torch']}"
    if present := accepted_torch(python, project):
        say(f"PyTorch {present} is there")
        return
    choice = os.environ.get("TORCH") or "auto"
    if choice not in ("auto", "cpu", "cuda"):
        sys.exit(f"TORCH={choice}: expected auto, cpu or cuda")
    if choice == "auto":
        # Elsewhere than on Linux the default package is the right one: it holds no CUDA.
        choice = "cuda" if has_nvidia_gpu() or sys.platform != "linux" else "cpu"
    if choice == "cuda" or os.environ.get("PIP_NO_INDEX"):
        pip(python, "install", pin)
    elif cpu_index_answers():
        say(f"installing {pin} for the CPU (TORCH=cuda chooses the CUDA build)")
        pip(python, "install", "--index-url", CPU_INDEX, pin)
    else:
        say(f"{CPU_INDEX} cannot be reached; installing {pin} from the configured package index")
        pip(python, "install", pin)


def accepted_torch(python: Path, project: dict) -> str | None:
    """Return the version of the installed PyTorch where it lies in the worker's range, else None."""
    found = subprocess.run(
        [python, "-c", "from importlib.metadata import version; print(version('torch'))"],
        capture_output=True,
        text=True,
        check=False,
    )
    (wanted,) = (item for item in project["project"]["optional-dependencies"]["worker"] if item.startswith("torch"))
    low, high = (release(bound) for bound in re.findall(r"[<>]=?\s*([\d.]+)", wanted))
    installed = found.stdout.strip()
    return installed if found.returncode == 0 and low <= release(installed) < high else None


def release(version: str) -> tuple[int, ...]:
    """Return the numbers of a version without its local part: `2.13.0+cpu` is (2, 13, 0)."""
    return tuple(int(part) for part in re.findall(r"\d+", version.split("+", maxsplit=1)[0]))


def has_nvidia_gpu() -> bool:
    """Say whether an NVIDIA driver is loaded on this machine."""
    return Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None


def cpu_index_answers() -> bool:
    """Ask PyTorch's own index once, with a short time-out: pip would try again for minutes."""
    try:
        with urllib.request.urlopen(f"{CPU_INDEX}/torch/", timeout=CPU_INDEX_TIMEOUT):  # noqa: S310 - a constant
            return True
    except (urllib.error.URLError, TimeoutError):
        return False


def requirements(project: dict, extras: list[str]) -> list[str]:
    """Return the project's requirements with those of the extras."""
    optional = project["project"]["optional-dependencies"]
    return project["project"]["dependencies"] + [item for name in extras for item in optional[name]]


def point_to(folder: Path, python: Path) -> None:
    """Let the environment import from `folder`. The project stays out of site-packages: the sandbox shows those."""
    purelib = "import sysconfig; print(sysconfig.get_path('purelib'))"
    found = subprocess.run([python, "-c", purelib], stdout=subprocess.PIPE, text=True, check=True)
    Path(found.stdout.strip(), "gradescent.pth").write_text(f"{folder}\n", encoding="utf-8")


def pip(python: Path, *arguments: str) -> None:
    """Run the environment's own pip; the user's configuration of pip (index, proxy, certificates) holds."""
    how_loud = [] if sys.stdout.isatty() else ["--quiet", "--quiet"]  # a person sees the progress, a log the faults
    run(str(python), "-m", "pip", *arguments, *how_loud, "--disable-pip-version-check", "--no-input")


def run(*command: str) -> None:
    """Run a command, or end with its exit status and a line that names it."""
    status = subprocess.run(command, check=False, stdin=subprocess.DEVNULL).returncode
    if status:
        sys.exit(f"tools/install.py: {' '.join(command)} ended with status {status}")


def succeeds(*command: str) -> bool:
    """Say whether a command exists and ends well; its output does not matter."""
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def say(words: str) -> None:
    """Tell the user, at once and in order with what pip prints."""
    print(f"install: {words}", flush=True)


if __name__ == "__main__":
    main()
