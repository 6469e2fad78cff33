"""An installation goes into one file and comes back: whole, verified, into any schema of ours, all or nothing."""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import text

from grader.backup import FORMAT, back_up, restore, verify
from grader.domain.errors import BackupRefused
from grader.domain.submission import SourceFile
from grader.domain.verdict import JobStatus
from grader.settings import Settings
from grader.store import copying, jobs
from grader.store.accounts import create_user
from grader.store.database import Database
from grader.store.submissions import submit
from grader.store.tables import GradingJob, Role, User
from grader.store.workers import worker_seen

CODE = "# ünïcode\r\nx = 1\0".encode()


@pytest.fixture
def full(database: Database, student: User, now: datetime) -> Database:
    """A database with a submission that waits, one that is being graded, and a key of the portal."""
    with database.transaction() as session:
        submit(session, student, "adaptive", [SourceFile("adaptive.py", CODE)], seed=7, now=now)
        job = submit(session, student, "dropout", [SourceFile("dropout.py", CODE)], seed=8, now=now)
        jobs.mark_sent(session, job.id, now=now)
        assert jobs.claim(session, job.id, now=now, lease=timedelta(minutes=5)) is not None
    return database


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "backups" / "monday.tar.gz"


@pytest.fixture
def backup(full: Database, settings: Settings, file: Path) -> Path:
    """A backup of the full database."""
    file.parent.mkdir()
    settings.resolved_secret_key()
    back_up(settings, file)
    return file


@pytest.fixture
def elsewhere(settings: Settings, tmp_path: Path) -> Settings:
    """Another installation, still without a database."""
    return replace(settings, data_dir=tmp_path / "elsewhere")


def content_of(settings: Settings) -> dict[str, list[Any]]:
    database = Database(settings.resolved_database_url())
    with database.snapshot() as connection:
        found = {table.name: list(copying.rows_out(connection, table)) for table in copying.tables_of(connection)}
    database.close()
    return found


def members_of(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        return {one.name: tar.extractfile(one).read() for one in tar}  # type: ignore[union-attr]


def rewrite(path: Path, change: Callable[[dict[str, bytes]], object], kind: bytes = tarfile.REGTYPE) -> None:
    """Make another file of a backup's members, in which those of the name `odd` are of another kind."""
    members = members_of(path)
    change(members)
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content) if kind == tarfile.REGTYPE or name == "manifest.json" else 0
            if name != "manifest.json" and not name.startswith("tables/u"):
                info.type, info.linkname = kind, "/etc/passwd"
            tar.addfile(info, io.BytesIO(content))


def change_manifest(files: dict[str, bytes], **fields: Any) -> None:
    files["manifest.json"] = json.dumps(json.loads(files["manifest.json"]) | fields).encode()


def test_what_was_backed_up_comes_back_elsewhere(settings: Settings, backup: Path, elsewhere: Settings) -> None:
    before = content_of(settings)
    manifest = restore(elsewhere, backup, replace=False)
    after = content_of(elsewhere)
    assert manifest.rows == sum(map(len, before.values())) > 0
    assert {name: rows for name, rows in after.items() if name != "grading_jobs"} == {
        name: rows for name, rows in before.items() if name != "grading_jobs"
    }
    assert elsewhere.secret_key_path.read_text() == settings.secret_key_path.read_text()
    assert stat.S_IMODE(elsewhere.secret_key_path.stat().st_mode) == 0o600


def test_jobs_wait_again_whoever_graded_them_and_that_try_does_not_count(backup: Path, elsewhere: Settings) -> None:
    restore(elsewhere, backup, replace=False)
    database = Database(elsewhere.resolved_database_url())
    with database.reading() as session:
        found = session.query(GradingJob).all()
    database.close()
    assert [(job.status, job.tries, job.token, job.sent_at) for job in found] == [(JobStatus.QUEUED, 0, None, None)] * 2


def test_a_backup_is_for_its_owner_only_and_leaves_nothing_beside_it(backup: Path) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert [path.name for path in backup.parent.iterdir()] == [backup.name]


def test_nothing_is_overwritten(full: Database, settings: Settings, backup: Path) -> None:
    before = backup.read_bytes()
    with pytest.raises(BackupRefused, match="overwrites nothing"):
        back_up(settings, backup)
    assert backup.read_bytes() == before


def test_a_backup_that_cannot_be_written_leaves_nothing(
    full: Database, settings: Settings, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.parent.mkdir()

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("grader.backup.os.fsync", full_disk)
    with pytest.raises(BackupRefused, match="cannot be written: No space left"):
        back_up(settings, file)
    assert list(file.parent.iterdir()) == []


@pytest.mark.parametrize("made", [False, True])
def test_what_is_not_there_cannot_be_backed_up(settings: Settings, file: Path, made: bool) -> None:
    file.parent.mkdir()
    if made:
        empty = Database(settings.resolved_database_url())
        with empty.reading() as session:
            session.execute(text("SELECT 1"))
        empty.close()
    with pytest.raises(BackupRefused, match="no tables yet" if made else "there is no database yet"):
        back_up(settings, file)
    assert made or not settings.data_dir.exists()


def test_a_backup_is_of_one_moment_while_others_write(
    full: Database, student: User, settings: Settings, file: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.parent.mkdir()
    rows_out, wrote = copying.rows_out, Event()

    def write() -> None:
        with full.transaction() as session:
            submit(session, student, "adaptive", [SourceFile("adaptive.py", b"late")], seed=9, now=now)
        wrote.set()

    def rows_while_others_write(connection: Any, table: Any) -> Iterator[list[Any]]:
        if not wrote.is_set():
            thread = Thread(target=write)
            thread.start()
            thread.join()
        return rows_out(connection, table)

    monkeypatch.setattr(copying, "rows_out", rows_while_others_write)
    manifest = back_up(settings, file)
    assert wrote.is_set()
    rows = {member.name: member.rows for member in manifest.members}
    assert rows["tables/submissions.jsonl"] == rows["tables/grading_jobs.jsonl"] == 2


def test_a_database_that_holds_something_is_left_alone_unless_it_is_to_be_replaced(
    settings: Settings, backup: Path, database: Database, now: datetime
) -> None:
    with database.transaction() as session:
        create_user(session, "late", "Late", Role.STUDENT, "pw", now)
    with pytest.raises(BackupRefused, match=r"not empty \(.*2 users.*--replace"):
        restore(settings, backup, replace=False)
    assert len(content_of(settings)["users"]) == 2
    restore(settings, backup, replace=True)
    assert len(content_of(settings)["users"]) == 1


def test_a_database_that_was_only_migrated_is_empty(backup: Path, elsewhere: Settings) -> None:
    database = Database(elsewhere.resolved_database_url())
    database.migrate()
    database.close()
    restore(elsewhere, backup, replace=False)
    assert len(content_of(elsewhere)["users"]) == 1


def test_a_restore_that_fails_leaves_all_as_it_was(
    settings: Settings, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content_of(settings)

    def fail(*_: object) -> None:
        raise ValueError("in the middle")

    monkeypatch.setattr(copying, "settle", fail)
    with pytest.raises(BackupRefused):
        restore(settings, backup, replace=True)
    assert content_of(settings) == before


def test_workers_have_to_be_stopped_first(settings: Settings, backup: Path, database: Database) -> None:
    with database.transaction() as session:
        worker_seen(session, "w", ["cpu"], now=datetime.now(UTC))
    with pytest.raises(BackupRefused, match="1 workers use the database; stop them"):
        restore(settings, backup, replace=True)


def test_a_backup_of_an_older_schema_is_migrated(settings: Settings, file: Path, elsewhere: Settings) -> None:
    file.parent.mkdir()
    old = Database(settings.resolved_database_url())
    old.migrate("0001")
    with old.engine.begin() as connection:
        connection.execute(text("INSERT INTO users VALUES (1, 'ada', 'Ada', 'student', 'h', '2026-03-02 12:00:00')"))
    old.close()
    assert back_up(settings, file).schema == "0001"
    restore(elsewhere, file, replace=False)
    database = Database(elsewhere.resolved_database_url())
    database.require_newest_schema()
    with database.reading() as session:
        assert session.get_one(User, 1).created_at == datetime(2026, 3, 2, 12, tzinfo=UTC)
    database.close()


def test_the_key_that_an_installation_has_stays_unless_all_is_replaced(backup: Path, elsewhere: Settings) -> None:
    own = elsewhere.resolved_secret_key()
    restore(elsewhere, backup, replace=False)
    assert elsewhere.resolved_secret_key() == own
    restore(elsewhere, backup, replace=True)
    assert elsewhere.resolved_secret_key() != own


def flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def other_rows(path: Path) -> None:
    rewrite(path, lambda members: members.update({"tables/users.jsonl": b"[]\n"}))


def a_row_less(path: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        manifest = json.loads(members["manifest.json"])
        for member in manifest["members"]:
            if member["name"] == "tables/users.jsonl":
                member["sha256"] = hashlib.sha256(b"").hexdigest()
        members["tables/users.jsonl"] = b""
        members["manifest.json"] = json.dumps(manifest).encode()

    rewrite(path, change)


def a_member_less(path: Path) -> None:
    rewrite(path, lambda members: members.pop("tables/users.jsonl"))


def a_member_more(path: Path) -> None:
    rewrite(path, lambda members: members.update({"tables/more.jsonl": b""}))


def no_archive(path: Path) -> None:
    path.write_text("something else")


def another_archive(path: Path) -> None:
    rewrite(path, lambda members: members.pop("manifest.json"))


def odd_manifest(path: Path) -> None:
    rewrite(path, lambda members: change_manifest(members, members=[{"name": "x"}]))


@pytest.mark.parametrize(
    "damage",
    [flip_a_byte, cut, other_rows, a_row_less, a_member_less, a_member_more, no_archive, another_archive, odd_manifest],
)
def test_a_damaged_backup_is_refused_before_anything_is_touched(
    settings: Settings, backup: Path, damage: Callable[[Path], None]
) -> None:
    damage(backup)
    before = content_of(settings)
    with pytest.raises(BackupRefused, match=r"damaged|no backup of Gradescent"):
        restore(settings, backup, replace=True)
    assert content_of(settings) == before


@pytest.mark.parametrize("newer", [{"format": FORMAT + 1}, {"schema": "9999"}])
def test_a_backup_of_a_newer_version_is_refused(backup: Path, elsewhere: Settings, newer: dict[str, Any]) -> None:
    rewrite(backup, lambda members: change_manifest(members, **newer))
    with pytest.raises(BackupRefused, match="made by a newer version of Gradescent"):
        restore(elsewhere, backup, replace=False)


@pytest.mark.parametrize("name", ["../escaped", "/tmp/escaped", "files/../../escaped", "tables/../x.jsonl"])
def test_a_member_that_leads_elsewhere_is_refused_even_if_the_manifest_has_it(
    backup: Path, elsewhere: Settings, name: str
) -> None:
    def change(members: dict[str, bytes]) -> None:
        manifest = json.loads(members["manifest.json"])
        manifest["members"].append({"name": name, "sha256": hashlib.sha256(b"x").hexdigest()})
        members["manifest.json"] = json.dumps(manifest).encode()
        members[name] = b"x"

    rewrite(backup, change)
    with pytest.raises(BackupRefused, match="does not belong there"):
        restore(elsewhere, backup, replace=False)
    assert not elsewhere.resolved_database_url().endswith("escaped") and not (backup.parent / "escaped").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_what_is_no_plain_file_is_refused(backup: Path, elsewhere: Settings, kind: bytes) -> None:
    rewrite(backup, lambda _: None, kind)
    with pytest.raises(BackupRefused, match="does not belong there"):
        restore(elsewhere, backup, replace=False)


def test_a_backup_that_is_not_there_is_told(elsewhere: Settings, file: Path) -> None:
    with pytest.raises(BackupRefused, match="there is no "):
        restore(elsewhere, file, replace=False)


def test_the_archive_is_one_that_other_programs_read_and_names_nobody(backup: Path) -> None:
    with tarfile.open(backup) as tar:
        assert {(one.uid, one.uname, one.mode) for one in tar} == {(0, "", 0o600)}
    manifest = json.loads(members_of(backup)["manifest.json"])
    assert (manifest["format"], manifest["database"]) == (FORMAT, "sqlite")
    assert verify(backup).rows == sum(member["rows"] for member in manifest["members"])
    assert os.listxattr(backup) == []
