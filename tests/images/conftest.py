"""Builds the images once and opens containers of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.settings import REPOSITORY

# One submission is graded in a container: what a production worker is told, and no server to need.
ENVIRONMENT = {"GRADESCENT_SECRET_KEY": "only-for-this-smoke-test-" + 8 * "x"}
NEEDED = ("buildah", "debootstrap", "runc")


@dataclass(frozen=True)
class Container:
    """A container of one image, with the restrictions that compose.yaml gives it."""

    name: str

    @property
    def root(self) -> Path:
        """The container's file system, as this machine sees it."""
        return Path(buildah("mount", self.name).stdout.strip())

    def run(self, *command: str, volumes: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        """Run a command in the container, as the image's own user, and return how it ended."""
        options = [f"--env={name}={value}" for name, value in ENVIRONMENT.items()]
        options += [f"--volume={volume}:ro" for volume in volumes]
        return buildah("run", "--isolation=oci", "--runtime=runc", *options, self.name, "--", *command, check=False)


def buildah(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run Buildah and return what it printed."""
    return subprocess.run(["buildah", *arguments], capture_output=True, text=True, check=check)


def build(image: str) -> str:
    """Build an image from the working tree and return its name; a second build of the same files takes a moment."""
    path = f"{os.environ['PATH']}:/usr/sbin"
    missing = [name for name in NEEDED if not shutil.which(name, path=path)]
    if missing or os.geteuid() != 0:
        pytest.skip(f"images are built as root with {', '.join(NEEDED)}; missing here: {', '.join(missing) or 'root'}")
    script = REPOSITORY / "docker" / "build.py"
    command = [sys.executable, script, "--engine=buildah", "--base=debootstrap", "--tag=test", image]
    built = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert built.returncode == 0, built.stdout[-4000:]
    return f"localhost/gradescent-{image}:test"


def container_of(image: str, *options: str) -> Iterator[Container]:
    """Make a container without capabilities, and remove it at the end."""
    made = Container(buildah("from", "--cap-drop=ALL", *options, build(image)).stdout.strip())
    yield made
    buildah("rm", made.name)


@pytest.fixture(scope="package")
def web() -> Iterator[Container]:
    """A container of the portal's image, under the default seccomp profile."""
    yield from container_of("web")


@pytest.fixture(scope="package")
def worker() -> Iterator[Container]:
    """A container of the worker's image, under the profile that compose.yaml names."""
    yield from container_of("worker", f"--security-opt=seccomp={REPOSITORY / 'docker' / 'seccomp.json'}")


@pytest.fixture(scope="package")
def ordinary_worker() -> Iterator[Container]:
    """A container of the worker's image as it is run where nobody gave a profile of ours."""
    yield from container_of("worker")


@pytest.fixture(scope="package")
def worker_gpu() -> Iterator[Container]:
    """A container of the GPU worker's recipe; the PyTorch in it is the one that this machine's pip finds."""
    yield from container_of("worker-gpu", f"--security-opt=seccomp={REPOSITORY / 'docker' / 'seccomp.json'}")
