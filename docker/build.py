#!/usr/bin/env python3
"""Build the container images with Docker, or with Buildah where no Docker daemon answers.

    docker/build.py web worker
    docker/build.py --base debootstrap worker-gpu

`--base debootstrap` needs neither a registry nor a package index within the build: the base is a minimal Debian made
from this machine's own apt source, the Python packages come as wheels that this machine's pip collects. Both are kept
in ${XDG_CACHE_HOME:-~/.cache}/gradescent. It is the default with Buildah as root. The GPU image holds the PyTorch that
pip finds: where that is a CPU build, the image proves the recipe and no more.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gradescent"
IMAGES = {
    "web": ["--target=web"],
    "worker": ["--target=worker"],
    "worker-gpu": ["--target=worker", "--build-arg=TORCH=cuda"],
}

DEBIAN = "bookworm"
DEBIAN_PYTHON = (3, 11)
DEBIAN_PYTHON_ALSO_NEEDS = ("async-timeout>=4.0.3",)  # of redis, up to Python 3.11.2; a newer 3.11 would leave it out
DEBIAN_PACKAGES = ("ca-certificates", "python3", "python3-venv")
DEBIAN_MIRROR = "https://deb.debian.org/debian"
LOCAL_BASE = "localhost/gradescent-base"


def main() -> None:
    """Build the images that are asked for and say what they are called."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("images", nargs="+", choices=IMAGES, metavar="IMAGE", help=", ".join(IMAGES))
    parser.add_argument("--engine", choices=("auto", "docker", "buildah"), default="auto")
    parser.add_argument("--base", help="`debootstrap`, or an image with Python 3.11 or newer (default: see above)")
    parser.add_argument("--tag", default="latest", help="the tag of the images made (default: latest)")
    options = parser.parse_args()

    engine = options.engine if options.engine != "auto" else find_engine()
    may_debootstrap = engine == "buildah" and os.geteuid() == 0
    base = options.base or ("debootstrap" if may_debootstrap else None)
    if base == "debootstrap" and not may_debootstrap:
        sys.exit("--base debootstrap needs Buildah and root; name an image, for example python:3.11-slim-bookworm")
    arguments = [f"--build-arg=BASE={base}"] if base else []
    if base == "debootstrap":
        arguments = [f"--build-arg=BASE={debian_base()}", *wheel_arguments()]
    for image in options.images:
        build(engine, f"gradescent-{image}:{options.tag}", IMAGES[image] + arguments)


def find_engine() -> str:
    """Return the first builder that works here, or end with what to install."""
    if shutil.which("docker") and answers("docker", "info"):
        return "docker"
    if shutil.which("buildah"):
        return "buildah"
    sys.exit("No Docker daemon answers and Buildah is not installed; on Debian and Ubuntu: apt-get install buildah")


def build(engine: str, name: str, arguments: list[str]) -> None:
    """Build one image of the Dockerfile."""
    say(f"building {name} with {engine}")
    command = ["docker", "build"]
    if engine == "buildah":
        # Docker's image format is the one that keeps a HEALTHCHECK; chroot needs no container runtime.
        command = ["buildah", "build", "--format=docker", "--isolation=chroot", "--layers", "--pull-never"]
    run(*command, *arguments, f"--tag={name}", "--file=docker/Dockerfile", ".")


def debian_base() -> str:
    """Return the name of the Debian base image, made by debootstrap on the first call."""
    recipe = f"{DEBIAN} {DEBIAN_PACKAGES}"
    name = f"{LOCAL_BASE}:{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"
    if answers("buildah", "inspect", "--type=image", name):
        return name
    archive = CACHE / f"{name.replace('/', '-').replace(':', '-')}.tar"
    if not archive.exists():
        debootstrap(archive)
    container = output("buildah", "from", "scratch")
    try:
        run("buildah", "add", "--quiet", container, str(archive), "/")
        run("buildah", "commit", "--quiet", "--format=docker", container, name)
    finally:
        run("buildah", "rm", container)
    return name


def debootstrap(archive: Path) -> None:
    """Write a minimal Debian with Python as a tar archive."""
    say(f"making a minimal Debian {DEBIAN} with debootstrap")
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        root, half = Path(folder) / "root", Path(folder) / "base.tar"
        options = ["--variant=minbase", f"--include={','.join(DEBIAN_PACKAGES)}"]
        run("/usr/sbin/debootstrap", *options, DEBIAN, str(root), debian_mirror(), stdout=subprocess.DEVNULL)
        left_over = ["var/cache/apt", "var/lib/apt/lists", "var/log", "usr/share/doc", "usr/share/locale"]
        exclude = [f"--exclude=./{path}/*" for path in left_over]
        run("tar", "--create", f"--file={half}", f"--directory={root}", "--one-file-system", *exclude, ".")
        half.rename(archive)


def debian_mirror() -> str:
    """Return the mirror that this machine's apt uses for this Debian, or Debian's own where apt knows none."""
    if shutil.which("apt-get"):
        form = "$(REPO_URI) $(CODENAME) $(COMPONENT) $(ORIGIN)"
        for line in output("apt-get", "indextargets", "--format", form, "Created-By: Packages").splitlines():
            address, *what = line.split()
            if what == [DEBIAN, "main", "Debian"]:
                return address
    return DEBIAN_MIRROR


def wheel_arguments() -> list[str]:
    """Return the options that hand in a folder with a wheel of every requirement, collected on the first call."""
    if sys.version_info[:2] != DEBIAN_PYTHON:
        wanted, mine = (".".join(map(str, version)) for version in (DEBIAN_PYTHON, sys.version_info[:2]))
        sys.exit(f"--base debootstrap has Python {wanted}: run docker/build.py with that version, not with {mine}")
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    optional = project["project"]["optional-dependencies"]
    wanted = [*project["project"]["dependencies"], *optional["servers"], *optional["tracing"], *optional["worker"]]
    wanted += [f"torch=={project['tool']['gradescent']['torch']}", *DEBIAN_PYTHON_ALSO_NEEDS]
    folder = CACHE / f"wheels-{hashlib.sha256(' '.join(sorted(wanted)).encode()).hexdigest()[:12]}"
    if not folder.exists():
        say("collecting the wheels of all requirements")
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as half:
            run(sys.executable, "-m", "pip", "wheel", "--quiet", "--quiet", f"--wheel-dir={half}/wheels", *wanted)
            Path(half, "wheels").rename(folder)
    return ["--build-arg=PIP_NO_INDEX=1", f"--build-context=wheels={folder}"]


def run(*command: str, stdout: int | None = None) -> None:
    """Run a command in the repository's root, or end with its exit status and a line that names it."""
    status = subprocess.run(command, cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=stdout, check=False).returncode
    if status:
        sys.exit(f"docker/build.py: {' '.join(command)} ended with status {status}")


def answers(*command: str) -> bool:
    """Say whether a command ends well; its output does not matter."""
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def output(*command: str) -> str:
    """Return what a command prints."""
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def say(words: str) -> None:
    """Tell the user, in order with what the builder prints."""
    print(f"images: {words}", flush=True)


if __name__ == "__main__":
    main()
