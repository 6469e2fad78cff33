"""A new exercise, laid out from the blank one in this folder: small, complete, and passing its own check.

`exercise/` becomes the students' folder, `suite/` the hidden one. What stands there is replaced piece by piece, with
`gradescent check` after each.
"""

from __future__ import annotations

import keyword
import shutil
from pathlib import Path

from grader.bundle import course_files
from grader.domain.errors import GradescentError
from grader.settings import REPOSITORY

_HERE = Path(__file__).parent
_SLUG = "blank"
_CANARY = "gradescent-hidden-" + "canary-7f3a9c"
"""Stands in every hidden file, so that a leak can be seen wherever it is."""


class NotLaidOut(GradescentError):
    """A new exercise cannot be laid out there, for the reason that is told."""


def lay_out(slug: str, exercises_dir: Path, suites_dir: Path) -> list[Path]:
    """Write the files of a new exercise, and those of the course where there are none yet; return what was written.

    Raises `NotLaidOut` before anything is written.
    """
    if not slug.isidentifier() or keyword.iskeyword(slug) or slug != slug.lower():
        raise NotLaidOut(f"{slug!r} is no slug: small letters, digits and _, beginning with a letter")
    folders = {_HERE / "exercise": exercises_dir / slug, _HERE / "suite": suites_dir / slug}
    for folder in folders.values():
        if folder.exists():
            raise NotLaidOut(f"{folder} is there already")
    written = []
    for template, folder in folders.items():
        for path in sorted(found for found in template.rglob("*") if found.suffix in (".py", ".toml", ".md")):
            target = folder / str(path.relative_to(template)).replace(_SLUG, slug)
            target.parent.mkdir(parents=True, exist_ok=True)
            text = path.read_text(encoding="utf-8").replace(_SLUG, slug)
            if template.name == "suite":
                text += f"\n# {_CANARY}\n"
            target.write_text(text, encoding="utf-8")
            written.append(target)
    return written + _course_files(exercises_dir)


def _course_files(exercises_dir: Path) -> list[Path]:
    """Copy the files that every course has, those that are not there yet."""
    missing = [path for path in course_files(REPOSITORY / "exercises") if not (exercises_dir / path.name).exists()]
    for path in missing:
        shutil.copy(path, exercises_dir)
    return [exercises_dir / path.name for path in missing]
