"""The vendored KaTeX and uPlot are what their checksums say, and complete."""

from __future__ import annotations

import io
import re
import tarfile

import pytest

from webapp.vendor_assets import KATEX, PACKAGES, SUMS, UPLOT, VENDOR, checksums, unpack


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_every_vendored_byte_is_the_one_that_was_fetched(package):
    assert (package.folder / SUMS).read_text() == checksums(package.folder)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_every_package_comes_with_its_licence(package):
    assert "MIT License" in (package.folder / "LICENSE").read_text()


def test_nothing_is_vendored_but_the_packages():
    assert {path.name for path in VENDOR.iterdir()} == {package.name for package in PACKAGES}


def test_the_versions_are_the_pinned_ones():
    assert f'"{KATEX.version}"' in (KATEX.folder / "katex.min.js").read_text()
    assert f"(v{UPLOT.version})" in (UPLOT.folder / "uPlot.iife.min.js").read_text()


def test_the_style_sheet_names_only_fonts_that_are_here():
    named = set(re.findall(r"url\(([^)]+)\)", (KATEX.folder / "katex.min.css").read_text()))
    here = {path.relative_to(KATEX.folder).as_posix() for path in (KATEX.folder / "fonts").iterdir()}
    assert named == here


def test_nothing_but_the_kept_files_is_unpacked(tmp_path):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name in (
            "package/dist/katex.min.js",
            "package/dist/../../escape.js",
            "package/README.md",
            "/abs/katex.min.js",
        ):
            entry = tarfile.TarInfo(name)
            entry.size = 1
            archive.addfile(entry, io.BytesIO(b"x"))
    packed.seek(0)
    with tarfile.open(fileobj=packed) as archive:
        unpack(archive, KATEX.kept, tmp_path / "out")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["katex.min.js"]
