"""The command as a person or a script runs it: real processes, the real sandbox, exit codes, clean streams."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.settings import REPOSITORY

pytestmark = pytest.mark.slow

RIGHT = REPOSITORY / "grader" / "demo_solutions" / "adaptive_right.py"
WRONG = REPOSITORY / "grader" / "demo_solutions" / "adaptive_wrong.py"

Cli = Callable[..., subprocess.CompletedProcess[str]]

FIELDS = {
    "file",
    "exercise",
    "verdict",
    "points",
    "max_points",
    "checks",
    "misconception",
    "comparison",
    "tier",
    "seed",
    "suite_version",
    "seconds",
}


def lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_help_lists_the_commands_and_loads_nothing_heavy(gradescent: Cli) -> None:
    done = gradescent("--help")
    assert all(
        name in done.stdout
        for name in ("serve", "worker", "grade", "bundle", "check", "new-exercise", "doctor", "migrate", "user")
    )
    code = "import sys, grader.cli; print({'torch', 'celery', 'sqlalchemy'} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "set()"


def test_the_exit_codes_stand_in_the_help(gradescent: Cli) -> None:
    text = gradescent("grade", "--help", COLUMNS="120").stdout
    assert "Exit codes" in text
    assert all(words in text for words in ("0 every file was accepted", "1 some file", "2 a usage", "3 the grader"))


def test_many_files_give_one_json_object_each_in_their_order(tmp_path: Path, gradescent: Cli) -> None:
    empty, big, binary = tmp_path / "empty.py", tmp_path / "big.py", tmp_path / "picture.py"
    empty.write_bytes(b"\n")
    big.write_bytes(b"#" * 50_000_000)
    binary.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    broken = tmp_path / "broken.py"
    broken.write_text("def adam_step(:\n")
    files = [WRONG, tmp_path / "missing.py", empty, RIGHT, big, binary, tmp_path, broken]
    done = gradescent("grade", *files, "--exercise", "adaptive", "--json", "--seed", 11, "--jobs", 2)
    assert done.returncode == 2
    found = lines(done)
    assert [item["file"] for item in found] == [str(path) for path in files]
    assert [item["verdict"] for item in found] == [
        "wrong_answer", None, None, "accepted", None, None, None, "compile_error",
    ]  # fmt: skip
    graded = [found[0], found[3], found[7]]
    assert all(set(item) >= FIELDS and item["seed"] == 11 for item in graded)
    assert set(graded[0]["checks"][0]) == {
        "name", "task", "verdict", "points", "max_points", "visibility", "message",
    }  # fmt: skip
    assert set(graded[0]["misconception"]) == {"name", "sentence"} and graded[1]["misconception"] is None
    assert graded[1]["points"] == graded[1]["max_points"] == 125
    assert graded[1]["comparison"]["points"] == 25 and graded[1]["comparison"]["pictures"]
    assert (graded[2]["comparison"]["points"], graded[2]["comparison"]["max_points"]) == (0, 25)
    assert "line 1" in graded[2]["message"] and graded[2]["points"] == 0
    for words in ("there is no such file", "is empty", "too large", "not a Python source file", "but a folder"):
        assert words in done.stderr


def test_the_exit_code_says_whether_all_were_accepted(gradescent: Cli) -> None:
    accepted = gradescent("grade", RIGHT, "--exercise", "adaptive")
    assert (accepted.returncode, accepted.stderr) == (0, "")
    assert "accepted   125 of 125 points" in accepted.stdout
    checks_alone = gradescent("grade", RIGHT, "--exercise", "adaptive", "--checks-only")
    assert "accepted   100 of 100 points" in checks_alone.stdout
    refused = gradescent("grade", RIGHT, WRONG, "--exercise", "adaptive")
    assert refused.returncode == 1
    assert "likely misconception, task 3.3" in refused.stdout


def test_the_same_seed_gives_the_same_object_again(gradescent: Cli) -> None:
    first, second = lines(gradescent("grade", WRONG, WRONG, "--exercise", "adaptive", "--json", "--seed", 5))
    for item in (first, second):
        del item["seconds"], item["comparison"]["seconds"]
    assert first == second


def test_pictures_are_written_as_files(tmp_path: Path, gradescent: Cli) -> None:
    done = gradescent("grade", WRONG, "--exercise", "adaptive", "--plots", tmp_path / "plots", "--json")
    (found,) = lines(done)
    names = {picture["name"] for picture in found["comparison"]["pictures"]}
    written = {path.name for path in (tmp_path / "plots").iterdir()}
    assert written == {f"{WRONG.stem}-{name}.{kind}" for name in names for kind in ("png", "svg")}


def test_a_failing_grader_is_no_fault_of_the_file(tmp_path: Path, gradescent: Cli) -> None:
    done = gradescent("grade", RIGHT, "--exercise", "adaptive", GRADESCENT_SUITES_DIR=str(tmp_path))
    assert done.returncode == 3
    assert "no fault of any solution" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["grade", RIGHT, "--exercise", "adam"], "no exercise 'adam'. The exercises are: gradient_descent, "),
        (["check", "adam"], "no exercise 'adam'. The exercises are: gradient_descent, "),
        (["grade", "--exercise", "adaptive"], "Missing argument"),
        (["grade", RIGHT], "Missing option"),
        (["grade", RIGHT, "--exercise", "adaptive", "--seed", "-1"], "greater than or equal to 0"),
        (["fly"], "No such command"),
    ],
)
def test_a_usage_error_is_told_in_words(arguments: list[object], words: str, gradescent: Cli) -> None:
    done = gradescent(*arguments, COLUMNS="160")
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr and "Traceback" not in done.stderr


def test_a_wrong_setting_is_told_in_words(gradescent: Cli) -> None:
    done = gradescent("migrate", GRADESCENT_PORT="many")
    assert done.returncode == 2
    assert "GRADESCENT_PORT: expected a number, found 'many'" in done.stderr


def test_the_bundle_is_written_where_it_is_wanted(tmp_path: Path, gradescent: Cli) -> None:
    done = gradescent("bundle", "--output", tmp_path / "students.zip")
    assert done.returncode == 0
    content = (tmp_path / "students.zip").read_bytes()
    assert f"{len(content):,} bytes" in done.stdout
    assert "exercises/adaptive/adaptive.py" in zipfile.ZipFile(io.BytesIO(content)).namelist()


def test_a_bundle_that_cannot_be_written_is_told(tmp_path: Path, gradescent: Cli) -> None:
    done = gradescent("bundle", "--output", tmp_path / "nowhere" / "students.zip")
    assert done.returncode == 2
    assert "cannot be written: No such file or directory" in done.stderr


def test_a_user_is_added_once_and_to_a_migrated_database_only(tmp_path: Path, gradescent: Cli) -> None:
    ada = ("user", "add", "ada", "--name", "Ada Lovelace", "--password", "first-moment")
    before = gradescent(*ada, data=tmp_path)
    assert before.returncode == 2 and "gradescent migrate" in before.stderr
    assert gradescent("migrate", data=tmp_path).returncode == 0
    added = gradescent(*ada, "--instructor", data=tmp_path)
    assert (added.returncode, added.stdout.strip()) == (0, "Ada Lovelace can log in as ada (instructor).")
    again = gradescent(*ada, data=tmp_path)
    assert again.returncode == 2 and "a user 'ada' already" in again.stderr


@pytest.mark.parametrize(
    ("name", "password", "words"), [("ada", "short", "8 characters"), (" ", "long-enough", "user name")]
)
def test_a_bad_user_name_or_password_is_refused(
    tmp_path: Path, name: str, password: str, words: str, gradescent: Cli
) -> None:
    done = gradescent("user", "add", name, "--name", "Ada", "--password", password, data=tmp_path)
    assert done.returncode == 2 and words in done.stderr


def test_the_doctor_tries_every_tier_and_tells_which_one_holds(tmp_path: Path, gradescent: Cli) -> None:
    done = gradescent("doctor", data=tmp_path)
    assert done.returncode == 0, done.stderr
    told = " ".join(done.stdout.split())
    for tier in ("namespaces", "landlock"):
        assert f"✓ {tier} holds: hidden files, files of others, writing outside, other processes, signals" in told
    assert "! process does not hold: hidden files, files of others, writing outside" in told
    assert "this machine gives `namespaces` at best" in told


ORDINARY_CONTAINER = """
import errno, os, sys
import pyseccomp

rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
for name in ("unshare", "setns", "mount", "umount2", "pivot_root", "mount_setattr", "fsopen", "open_tree"):
    rules.add_rule(pyseccomp.ERRNO(errno.EPERM), name)
rules.load()
os.execv(sys.executable, [sys.executable, "-m", "grader.cli", *sys.argv[1:]])
"""


def in_an_ordinary_container(*arguments: object, data: Path) -> subprocess.CompletedProcess[str]:
    """Run the command as a container's usual system-call filter has it: no new namespaces, no mounts."""
    environment = {"GRADESCENT_DATA_DIR": str(data), "GRADESCENT_ENVIRONMENT": "production"}
    return subprocess.run(
        [sys.executable, "-c", ORDINARY_CONTAINER, *map(str, arguments)],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=150,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def test_an_ordinary_container_grades_in_the_landlock_tier(tmp_path: Path) -> None:
    done = in_an_ordinary_container("grade", RIGHT, "--exercise", "adaptive", "--json", data=tmp_path)
    assert done.returncode == 0, done.stderr
    (report,) = lines(done)
    assert (report["tier"], report["points"], report["verdict"]) == ("landlock", 125, "accepted")


def test_the_doctor_says_what_an_ordinary_container_lacks(tmp_path: Path) -> None:
    done = in_an_ordinary_container("doctor", data=tmp_path)
    assert done.returncode == 0, done.stderr
    told = " ".join(done.stdout.split())
    assert "✗ namespaces no namespaces sandbox on this machine" in told
    assert "new namespaces: unshare: Operation not permitted Allow user namespaces" in told
    assert "this machine gives `landlock` at best; in production" in told
    assert "What `namespaces` lacks is told above." in told
