"""The zip that students work in: the files that the manifests list, the course's own, and nothing else."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from grader.catalog import Catalog
from grader.domain.errors import ManifestError

COURSE_FILES = ("README.md", "conftest.py", "looking.py", "points.py", "pytest.ini", "requirements.txt")
"""The files beside the exercises' folders that every bundle holds."""

BUNDLE_NAME = "gradescent-exercises.zip"

_TOP = "exercises"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o100644 << 16


def course_files(root: Path) -> list[Path]:
    """Return the files beside the exercises' folders, where they lie."""
    return [root / name for name in COURSE_FILES]


def make_bundle(catalog: Catalog) -> bytes:
    """Return the students' zip; the same course gives the same bytes.

    Raises `ManifestError` for a listed file that is missing, a link, or outside its folder.
    """
    root = catalog.exercises[0].folder.parent
    files = {name: _bytes_of(root, name) for name in COURSE_FILES}
    for exercise in catalog.exercises:
        for name in exercise.bundle:
            files[f"{exercise.slug}/{name}"] = _bytes_of(exercise.folder, name)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{_TOP}/{name}", date_time=_LONG_AGO)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, _READABLE
            entry.create_system = 3  # Unix, wherever the bundle is made
            archive.writestr(entry, files[name])
    return packed.getvalue()


def _bytes_of(folder: Path, name: str) -> bytes:
    """Read a file of the folder without following any link on the way."""
    path = folder
    for part in Path(name).parts:
        path = path / part
        if part == ".." or path.is_symlink():
            raise ManifestError(f"{folder.name}/", "bundle", "files of this folder, no links", name)
    if not path.is_relative_to(folder) or not path.is_file():
        raise ManifestError(f"{folder.name}/", "bundle", "a file of this folder", name)
    return path.read_bytes()
