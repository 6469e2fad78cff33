"""The gradebook as CSV that a spreadsheet opens without running anything in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from grader.catalog import Catalog
from grader.store.gradebook import GradebookRow
from webapp.formats import points

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def gradebook_csv(catalog: Catalog, rows: Sequence[GradebookRow]) -> bytes:
    """Return one line per student: best points of each exercise and quiz; no score leaves the cell empty.

    In UTF-8 with a byte order mark, by which spreadsheets tell it from older encodings.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*map(neutral, ("username", "name")), *map(neutral, _headings(catalog))])
    for row in rows:
        writer.writerow([neutral(row.user.username), neutral(row.user.display_name), *_cells(catalog, row)])
    return text.getvalue().encode("utf-8-sig")


def neutral(text: str) -> str:
    """Return the text so that no spreadsheet takes it for a formula: an apostrophe goes before what would start one."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_STARTS) else text


def _headings(catalog: Catalog) -> list[str]:
    headings = []
    for exercise in catalog.exercises:
        headings.append(f"{exercise.slug} (of {points(exercise.max_points)})")
        quiz = catalog.quiz(exercise.slug)
        if quiz is not None:
            headings += [f"{exercise.slug} quiz (of {points(quiz.max_points)})", f"{exercise.slug} quiz provisional"]
    return headings


def _cells(catalog: Catalog, row: GradebookRow) -> list[str]:
    cells = []
    for exercise in catalog.exercises:
        cells.append(_score(row.points, exercise.slug))
        if catalog.quiz(exercise.slug) is not None:
            cells += [_score(row.quiz_points, exercise.slug), "yes" if exercise.slug in row.provisional else ""]
    return cells


def _score(scores: dict[str, float], slug: str) -> str:
    return points(scores[slug]) if slug in scores else ""
