"""How far the files are: on standard error, and only where somebody watches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from grader.cli.console import err, plain


class FilesProgress:
    """A bar that counts files, and beside it what is being done to one of them. A context manager."""

    def __init__(self, total: int) -> None:
        self._bar = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.description}"),
            console=err,
            transient=True,
            disable=not err.is_terminal,
            redirect_stdout=False,  # results belong on standard output, whoever watches the other one
            redirect_stderr=False,
        )
        self._task = self._bar.add_task("starting", total=total)

    def __enter__(self) -> FilesProgress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def note(self, path: Path, words: str) -> None:
        """Show what is being done to a file, or has been; called from the threads that grade."""
        self._bar.update(self._task, description=escape(plain(f"{path.name}: {words}").plain))

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Step aside while a file's result is printed, and count the file."""
        self._bar.stop()
        yield
        self._bar.advance(self._task)
        self._bar.start()
