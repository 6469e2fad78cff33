"""`gradescent backup` and `gradescent restore`."""

from __future__ import annotations

import time
from pathlib import Path

from grader.backup import Manifest, back_up, restore
from grader.cli.console import ExitCode, out, plain
from grader.settings import Settings
from grader.store.database import newest_schema


def write_backup(settings: Settings, target: Path) -> ExitCode:
    """Write a backup and tell what is in it. Raises `BackupRefused`."""
    started = time.monotonic()
    manifest = back_up(settings, target)
    _tell(f"{target}: {_content(manifest)}, {target.stat().st_size:,} bytes, read again and whole", started)
    return ExitCode.OK


def read_backup(settings: Settings, source: Path, *, replace: bool) -> ExitCode:
    """Restore a backup and tell what was done. Raises `BackupRefused`."""
    started = time.monotonic()
    manifest = restore(settings, source, replace=replace)
    migrated = "" if manifest.schema == newest_schema() else f", migrated to schema {newest_schema()}"
    _tell(f"restored {_content(manifest)}, made {manifest.made_at}{migrated}", started)
    return ExitCode.OK


def _content(manifest: Manifest) -> str:
    tables = manifest.tables
    return f"{manifest.rows:,} rows of {len(tables)} tables, schema {manifest.schema}"


def _tell(words: str, started: float) -> None:
    out.print(plain(f"{words}, {time.monotonic() - started:.1f} s"), soft_wrap=True)
