"""The command line, `gradescent`. Heavy modules are imported by the command that needs them; torch by none."""

from grader.cli.commands import main

__all__ = ["main"]
