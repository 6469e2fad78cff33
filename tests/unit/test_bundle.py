from __future__ import annotations

import io
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from grader.bundle import COURSE_FILES, make_bundle
from grader.catalog import Catalog, load_catalog
from grader.domain.errors import ManifestError
from grader.settings import REPOSITORY

CANARY = b"gradescent-hidden-canary-" + b"7f3a9c"
EXERCISES = REPOSITORY / "exercises"
SUITES = REPOSITORY / "grader" / "suites"


def names_in(bundle: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(bundle)).namelist()


def listing(course: Path, name: str) -> Catalog:
    """Return the course with one exercise, `adaptive`, whose manifest lists only this name."""
    catalog = load_catalog(course)
    return replace(catalog, exercises=(replace(catalog.exercise("adaptive"), bundle=(name,)),))


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A copy of the course that a test may spoil."""
    return shutil.copytree(EXERCISES, tmp_path / "exercises", ignore=shutil.ignore_patterns("__pycache__"))


def test_the_bundle_holds_what_the_manifests_list_and_nothing_else() -> None:
    catalog = load_catalog(EXERCISES)
    listed = [f"exercises/{name}" for name in COURSE_FILES]
    listed += [f"exercises/{found.slug}/{name}" for found in catalog.exercises for name in found.bundle]
    assert names_in(make_bundle(catalog)) == sorted(listed)


def test_a_file_that_no_manifest_lists_stays_out(course: Path) -> None:
    (course / "adaptive" / "notes.txt").write_text("for staff")
    (course / "grades.csv").write_text("ada,100")
    assert not [name for name in names_in(make_bundle(load_catalog(course))) if "notes" in name or "grades" in name]


def test_the_same_course_gives_the_same_bytes(course: Path) -> None:
    for path in course.rglob("*.py"):
        path.touch()
        path.chmod(0o755)
    assert make_bundle(load_catalog(course)) == make_bundle(load_catalog(EXERCISES))


def test_no_hidden_byte_is_in_the_bundle() -> None:
    archive = zipfile.ZipFile(io.BytesIO(make_bundle(load_catalog(EXERCISES))))
    contents = {name: archive.read(name) for name in archive.namelist()}
    assert not [name for name, content in contents.items() if CANARY in content]
    hidden = {path.read_bytes() for path in SUITES.rglob("*") if path.is_file() and path.stat().st_size > 200}
    assert not [name for name, content in contents.items() if content in hidden]


def test_every_hidden_file_holds_the_canary() -> None:
    hidden = [path for path in SUITES.glob("*/**/*") if path.suffix in (".py", ".toml") and path.name != "__init__.py"]
    assert hidden
    assert not [str(path.relative_to(SUITES)) for path in hidden if CANARY not in path.read_bytes()]


def test_a_link_is_refused_even_to_a_file_of_the_folder(course: Path) -> None:
    stub = course / "adaptive" / "adaptive.py"
    stub.rename(course / "adaptive" / "real.py")
    stub.symlink_to("real.py")
    with pytest.raises(ManifestError, match=r"no links, found 'adaptive\.py'"):
        make_bundle(load_catalog(course))


def test_a_file_behind_a_linked_folder_is_refused(course: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key.txt").write_text("42")
    (course / "adaptive" / "extra").symlink_to(tmp_path / "secret")
    with pytest.raises(ManifestError, match="no links"):
        make_bundle(listing(course, "extra/key.txt"))


@pytest.mark.parametrize("name", ["../suites/adaptive/reference.py", "/etc/hostname", "missing.py", "figures"])
def test_a_path_that_is_no_file_of_the_folder_is_refused(course: Path, name: str) -> None:
    with pytest.raises(ManifestError, match="bundle"):
        make_bundle(listing(course, name))


def test_a_missing_course_file_is_told(course: Path) -> None:
    (course / "requirements.txt").unlink()
    with pytest.raises(ManifestError, match=r"a file of this folder, found 'requirements.txt'"):
        make_bundle(load_catalog(course))
