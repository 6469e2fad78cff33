"""The vendored KaTeX is what its checksums say, and complete."""

from __future__ import annotations

import io
import re
import tarfile

from webapp.vendor_assets import FOLDER, KATEX_VERSION, SUMS, checksums, unpack


def test_every_vendored_byte_is_the_one_that_was_fetched():
    assert (FOLDER / SUMS).read_text() == checksums(FOLDER)


def test_the_version_is_the_pinned_one():
    assert f'"{KATEX_VERSION}"' in (FOLDER / "katex.min.js").read_text()


def test_the_style_sheet_names_only_fonts_that_are_here():
    named = set(re.findall(r"url\(([^)]+)\)", (FOLDER / "katex.min.css").read_text()))
    here = {path.relative_to(FOLDER).as_posix() for path in (FOLDER / "fonts").iterdir()}
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
        unpack(archive, tmp_path / "out")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["katex.min.js"]
