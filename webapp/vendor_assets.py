"""Fetch KaTeX and uPlot for `static/vendor`: `python webapp/vendor_assets.py`. The portal never reaches for a network.

Takes the pinned versions through npm, keeps only what browsers load (scripts, style sheets, woff2 fonts, licences),
and writes each package's `SHA256SUMS`, against which a test holds every byte.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

VENDOR = Path(__file__).parent / "static" / "vendor"
SUMS = "SHA256SUMS"


@dataclass(frozen=True, kw_only=True)
class Package:
    """One npm package, and which of its files are kept: the pattern's group is a file's name here."""

    name: str
    version: str
    kept: re.Pattern[str]

    @property
    def folder(self) -> Path:
        return VENDOR / self.name


KATEX = Package(
    name="katex",
    version="0.19.1",
    kept=re.compile(r"package/(?:dist/)?(LICENSE|katex\.min\.(?:js|css)|fonts/[\w-]+\.woff2)"),
)
UPLOT = Package(
    name="uplot",
    version="1.6.32",
    kept=re.compile(r"package/(?:dist/)?(LICENSE|uPlot\.iife\.min\.js|uPlot\.min\.css)"),
)
PACKAGES = (KATEX, UPLOT)

_OLDER_FONTS = re.compile(r',url\(fonts/[\w-]+\.(?:woff|ttf)\) format\("[a-z]+"\)')


def main() -> None:
    """Rebuild the folders from npm."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm is needed to fetch KaTeX and uPlot; what is committed works without it.")
    for package in PACKAGES:
        shutil.rmtree(package.folder, ignore_errors=True)
        with tempfile.TemporaryDirectory() as folder:
            wanted = f"{package.name}@{package.version}"
            subprocess.run([npm, "pack", wanted], cwd=folder, check=True)  # noqa: S603 - pinned above
            with tarfile.open(Path(folder) / f"{package.name}-{package.version}.tgz") as archive:
                unpack(archive, package.kept, package.folder)
        (package.folder / SUMS).write_text(checksums(package.folder))


def unpack(archive: tarfile.TarFile, pattern: re.Pattern[str], folder: Path) -> None:
    """Write the files of the archive that are kept into the folder."""
    for member in archive:
        kept = pattern.fullmatch(member.name)
        content = archive.extractfile(member) if kept and member.isfile() else None
        if kept is None or content is None:
            continue
        data = content.read()
        if kept[1].endswith(".css"):
            data = _OLDER_FONTS.sub("", data.decode()).encode()
        target = folder / kept[1]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def checksums(folder: Path) -> str:
    """Return the folder's files in the format of `sha256sum`."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SUMS)
    return "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n" for path in files
    )


if __name__ == "__main__":
    main()
