"""Fetch KaTeX for `static/vendor`: `python webapp/vendor_assets.py`. The portal itself never reaches for a network.

Takes the pinned version through npm, keeps only what browsers load (script, style sheet, woff2 fonts, licence), and
writes `SHA256SUMS`, against which a test holds every byte.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

KATEX_VERSION = "0.19.1"
FOLDER = Path(__file__).parent / "static" / "vendor" / "katex"
SUMS = "SHA256SUMS"

_KEPT = re.compile(r"package/(?:dist/)?(LICENSE|katex\.min\.(?:js|css)|fonts/[\w-]+\.woff2)")
_OLDER_FONTS = re.compile(r',url\(fonts/[\w-]+\.(?:woff|ttf)\) format\("[a-z]+"\)')


def main() -> None:
    """Rebuild the folder from npm."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm is needed to fetch KaTeX; what is committed works without it.")
    shutil.rmtree(FOLDER, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([npm, "pack", f"katex@{KATEX_VERSION}"], cwd=folder, check=True)  # noqa: S603 - pinned above
        with tarfile.open(Path(folder) / f"katex-{KATEX_VERSION}.tgz") as archive:
            unpack(archive, FOLDER)
    (FOLDER / SUMS).write_text(checksums(FOLDER))


def unpack(archive: tarfile.TarFile, folder: Path) -> None:
    """Write the kept files of the archive into the folder."""
    for member in archive:
        kept = _KEPT.fullmatch(member.name)
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
