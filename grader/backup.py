"""A whole installation in one file, and back: every table as data, and the secret key that was made for it.

The file is a compressed tar whose first member is a manifest; a table is a member with one JSON array per row. It is
neither SQLite's nor PostgreSQL's: what one of them wrote the other can read. Nothing is ever unpacked by its name.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tarfile
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError, OperationalError

from grader.domain.errors import BackupRefused, GraderFault
from grader.settings import Settings
from grader.store import copying
from grader.store.database import Database, knows_schema, sqlite_file, upgrade
from grader.store.workers import silence

FORMAT = 1
"""Counted up when an older Gradescent could no longer read the file. (The schema has a number of its own.)"""

_MANIFEST, _SECRET_KEY = "manifest.json", "files/secret_key"
_NAME = re.compile(rf"tables/[a-z_]{{1,60}}\.jsonl|{_SECRET_KEY}")
_MOST_IN_MEMORY = 1 << 20
"""Bytes of the manifest, and of the secret key, at most."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """What the manifest says of another member; columns and rows are those of a table."""

    name: str
    sha256: str
    columns: Sequence[str] = ()
    rows: int = 0


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a backup says of itself."""

    format: int
    schema: str
    made_at: str
    database: str
    members: Sequence[Member]

    @property
    def tables(self) -> Sequence[Member]:
        return [member for member in self.members if member.name != _SECRET_KEY]

    @property
    def rows(self) -> int:
        return sum(member.rows for member in self.members)


def back_up(settings: Settings, target: Path) -> Manifest:
    """Write a backup while portal and workers go on, and read it again to be sure. Returns what is in it.

    The file appears when it is whole, readable by its owner only. Raises `BackupRefused`; nothing is overwritten.
    """
    if target.exists():
        raise BackupRefused(f"{target} exists; a backup overwrites nothing")
    url = settings.resolved_database_url()
    file = sqlite_file(url)
    if file is not None and not file.exists():
        raise BackupRefused(f"there is no database yet: {file}")
    try:
        with (
            closing(Database(url)) as database,
            TemporaryDirectory(prefix=".gradescent-backup-", dir=target.parent) as folder,
        ):
            packed = _pack(database, settings.secret_key_path, Path(folder))
            manifest = verify(packed)
            packed.replace(target)
            _flush_folder(target.parent)
    except OperationalError as error:
        raise BackupRefused(f"the database does not answer: {error.orig}") from None
    except OSError as error:
        raise BackupRefused(f"{target} cannot be written: {error.strerror or error}") from None
    return manifest


def verify(source: Path) -> Manifest:
    """Read a backup from its begin to its end. Raises `BackupRefused` for one that is damaged, or too new."""
    with _opened(source) as backup:
        for _, lines in backup.members():
            for _ in lines:
                pass
        return backup.manifest


def restore(settings: Settings, source: Path, *, replace: bool) -> Manifest:
    """Fill the database of the settings from a backup, and bring it to the newest schema. Returns what was in it.

    All or nothing: until the end the database keeps what it has. Raises `BackupRefused` for a backup that is damaged
    or too new, for a database that holds anything unless it is to be replaced, and while workers run.
    """
    verify(source)
    try:
        with closing(Database(settings.resolved_database_url())) as database:
            with _opened(source) as backup, database.rebuilding() as connection:
                _require_room(connection, settings, replace=replace)
                copying.drop_tables(connection)
                upgrade(connection, backup.manifest.schema)
                copying.empty_tables(connection)
                secret = _fill(connection, backup)
                upgrade(connection)
                copying.settle(connection)
            if secret and (replace or not settings.secret_key_path.exists()):
                _write_secret(settings.secret_key_path, secret)
            return backup.manifest
    except GraderFault as fault:
        raise BackupRefused(f"{source} does not fit together: {fault}") from None
    except DatabaseError as error:
        raise BackupRefused(f"the database did not take {source}: {error.orig}") from None


class _Backup:
    """An open backup, which is read once, from its begin to its end."""

    def __init__(self, source: Path, tar: tarfile.TarFile) -> None:
        self._source, self._tar = source, tar
        self.manifest = self._read_manifest()

    def members(self) -> Iterator[tuple[Member, Iterator[bytes]]]:
        """Yield each member with its lines, which have to be read before the next; they are checked on the way.

        Raises `BackupRefused` for anything that the manifest does not say.
        """
        expected = {member.name: member for member in self.manifest.members}
        for found in iter(self._tar.next, None):
            member = expected.pop(found.name, None)
            is_plain = found.isreg() and _NAME.fullmatch(found.name)
            if member is None or not is_plain or (found.name == _SECRET_KEY and found.size > _MOST_IN_MEMORY):
                raise self.damaged(f"{found.name!r} does not belong there")
            yield member, self._checked(member, self._content_of(found))
        if expected:
            raise self.damaged(f"it lacks {', '.join(sorted(expected))}")

    def _read_manifest(self) -> Manifest:
        first = self._tar.next()
        if first is None or first.name != _MANIFEST or not first.isreg() or first.size > _MOST_IN_MEMORY:
            raise BackupRefused(f"{self._source} is no backup of Gradescent")
        data = json.loads(self._content_of(first).read())
        if not isinstance(data, dict) or not isinstance(data.get("format"), int):
            raise BackupRefused(f"{self._source} is no backup of Gradescent")
        if data["format"] > FORMAT:
            raise self._too_new(f"format {data['format']}, this one reads {FORMAT}")
        try:
            manifest = Manifest(**{**data, "members": [Member(**member) for member in data["members"]]})
        except (TypeError, KeyError):
            raise self.damaged("its manifest is not understood") from None
        if not knows_schema(manifest.schema):
            raise self._too_new(f"its schema is {manifest.schema}")
        return manifest

    def damaged(self, words: str) -> BackupRefused:
        """Return what to raise for a backup that is not as it was written."""
        return BackupRefused(f"{self._source} is damaged: {words}")

    def _checked(self, member: Member, content: IO[bytes]) -> Iterator[bytes]:
        digest, rows = hashlib.sha256(), 0
        for line in content:
            digest.update(line)
            rows += 1
            yield line
        if digest.hexdigest() != member.sha256:
            raise self.damaged(f"{member.name} is not what was written")
        if member.name != _SECRET_KEY and rows != member.rows:
            raise self.damaged(f"{member.name} has {rows} rows instead of {member.rows}")

    def _content_of(self, found: tarfile.TarInfo) -> IO[bytes]:
        content = self._tar.extractfile(found)
        assert content is not None, "a regular file has content"
        return content

    def _too_new(self, words: str) -> BackupRefused:
        return BackupRefused(f"{self._source} was made by a newer version of Gradescent: {words}")


@contextmanager
def _opened(source: Path) -> Iterator[_Backup]:
    try:
        with tarfile.open(source, "r:gz") as tar:
            yield _Backup(source, tar)
    except FileNotFoundError:
        raise BackupRefused(f"there is no {source}") from None
    except (tarfile.TarError, EOFError, zlib.error, ValueError) as error:
        raise BackupRefused(f"{source} is damaged or no backup of Gradescent ({type(error).__name__})") from None
    except OSError as error:
        raise BackupRefused(f"{source} cannot be read: {error.strerror or error}") from None


def _pack(database: Database, secret_key: Path, folder: Path) -> Path:
    """Write the members into the folder, then all of them into one file there."""
    (folder / "tables").mkdir()
    (folder / "files").mkdir()
    with database.snapshot() as connection:
        schema = database.schema(connection)
        if schema is None:
            raise BackupRefused("the database has no tables yet")
        members = [
            _write(
                folder,
                f"tables/{table.name}.jsonl",
                (
                    json.dumps(row, separators=(",", ":")).encode() + b"\n"
                    for row in copying.rows_out(connection, table)
                ),
                columns=list(copying.kinds_of(table)),
            )
            for table in copying.tables_of(connection)
        ]
    if secret_key.exists():
        members.append(_write(folder, _SECRET_KEY, [secret_key.read_bytes()]))
    manifest = Manifest(
        format=FORMAT,
        schema=schema,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        database=database.engine.dialect.name,
        members=members,
    )
    (folder / _MANIFEST).write_text(json.dumps(asdict(manifest), indent=1), encoding="utf-8")
    packed = folder / "packed"
    with os.fdopen(os.open(packed, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        with tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as tar:
            for name in (_MANIFEST, *(member.name for member in members)):
                tar.add(folder / name, name, filter=_anonymous)
        file.flush()
        os.fsync(file.fileno())
    return packed


def _write(folder: Path, name: str, lines: Iterable[bytes], columns: Sequence[str] = ()) -> Member:
    digest, rows = hashlib.sha256(), 0
    with (folder / name).open("wb") as file:
        for line in lines:
            file.write(line)
            digest.update(line)
            rows += 1
    return Member(name=name, sha256=digest.hexdigest(), columns=columns, rows=rows if columns else 0)


def _anonymous(info: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave out who made the backup on which machine."""
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    info.mode = 0o600
    return info


def _require_room(connection: Connection, settings: Settings, *, replace: bool) -> None:
    forgotten_after = silence(timedelta(seconds=settings.lease_seconds))
    if workers := copying.count_workers(connection, since=datetime.now(UTC) - forgotten_after):
        words = f"one that was killed is forgotten after {forgotten_after.total_seconds():g} s"
        raise BackupRefused(f"{workers} workers use the database; stop them, and the portal, first ({words})")
    if not replace and (rows := copying.count_rows(connection)):
        held = ", ".join(f"{count} {name}" for name, count in rows.items())
        raise BackupRefused(
            f"the database is not empty ({held}); with --replace the backup takes the place of all that"
        )


def _fill(connection: Connection, backup: _Backup) -> bytes:
    """Store the rows of all tables. Returns the secret key, or nothing."""
    tables = {f"tables/{table.name}.jsonl": table for table in copying.tables_of(connection)}
    secret = b""
    for member, lines in backup.members():
        if member.name == _SECRET_KEY:
            secret = b"".join(lines)
            continue
        table = tables.get(member.name)
        if table is None or set(member.columns) != set(table.columns.keys()):
            raise backup.damaged(f"{member.name} does not fit schema {backup.manifest.schema}")
        rows: Iterator[Any] = map(json.loads, lines)
        copying.rows_in(connection, table, member.columns, rows)
    return secret


def _write_secret(path: Path, secret: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new-{time.time_ns()}")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secret)
    new.replace(path)


def _flush_folder(folder: Path) -> None:
    """Have the folder's new entry on the disk, so that a power cut does not lose it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
