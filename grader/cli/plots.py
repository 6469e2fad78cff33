"""`gradescent grade --plots`: the pictures of reports as files, under names that are safe and never taken twice."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, count
from pathlib import Path
from tempfile import TemporaryFile

from grader.domain.errors import GradescentError
from grader.domain.picture import Picture

_NAME_BYTES = 80
"""What a solution's and a picture's name may each add to the name of a file; file systems allow 255 together."""


class PlotsRefused(GradescentError):
    """Pictures cannot be drawn, or not be kept where they are wanted; the message says why."""


class PlotFolder:
    """A folder for pictures, made if need be. Raises `PlotsRefused` where nothing can be drawn or written."""

    def __init__(self, folder: Path) -> None:
        try:
            from grader.cli.figure import render  # noqa: PLC0415 - matplotlib is an extra, and slow to import
        except ModuleNotFoundError as error:
            raise PlotsRefused(f"--plots needs matplotlib ({error}): pip install matplotlib") from None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=folder):  # told now, and not after the grading
                pass
        except OSError as error:
            raise PlotsRefused(f"{folder} cannot be written: {error.strerror}") from None
        self._folder, self._render = folder, render
        self._taken: set[str] = set()

    def write(self, file: Path, pictures: Sequence[Picture]) -> list[Path]:
        """Write the pictures of one solution file, each as PNG and as SVG. Returns the paths. Raises `PlotsRefused`."""
        written = []
        for picture, name in zip(pictures, self._names(file, pictures), strict=True):
            for ending, content in self._render(picture, str(file)).items():
                path = self._folder / f"{name}.{ending}"
                try:
                    path.write_bytes(content)
                except OSError as error:
                    raise PlotsRefused(f"{path} cannot be written: {error.strerror}") from None
                written.append(path)
        return written

    def _names(self, file: Path, pictures: Sequence[Picture]) -> list[str]:
        """Return what the pictures are called: alike in front, and like none of another solution."""
        stem = _safe(file.stem)
        for front in chain([stem], (f"{stem}-{number}" for number in count(2))):
            names = [f"{front}-{_safe(picture.name)}" for picture in pictures]
            if self._taken.isdisjoint(name.casefold() for name in names):  # some file systems ignore case
                break
        self._taken.update(name.casefold() for name in names)
        return names


def _safe(name: str) -> str:
    kept = "".join(char if char.isalnum() or char in "-_" else "_" for char in name)
    return kept.encode()[:_NAME_BYTES].decode(errors="ignore") or "_"
