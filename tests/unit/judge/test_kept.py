"""What was computed once is found again, and nothing that is half a file counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.judge.kept import code_of, kept, key_of


class Counted:
    """Computes a number and counts how often."""

    times = 0

    def __call__(self) -> int:
        self.times += 1
        return 10 + self.times


def read(data: bytes) -> int | None:
    return int(data) if data.isdigit() else None


def write(number: int) -> bytes:
    return str(number).encode()


def test_what_was_computed_is_found_again(tmp_path: Path) -> None:
    compute = Counted()
    path = tmp_path / "new" / "number"
    assert [kept(path, read=read, compute=compute, write=write) for _ in range(3)] == [11] * 3
    assert compute.times == 1
    assert kept(path.with_name("other"), read=read, compute=compute, write=write) == 12


@pytest.mark.parametrize("rest", [b"", b"1x"])
def test_a_file_that_is_as_good_as_none_is_computed_again(tmp_path: Path, rest: bytes) -> None:
    path = tmp_path / "number"
    path.write_bytes(rest)
    compute = Counted()
    assert [kept(path, read=read, compute=compute, write=write) for _ in range(2)] == [11, 11]


def test_a_fault_while_computing_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "number"
    with pytest.raises(ZeroDivisionError):
        kept(path, read=read, compute=lambda: 1 // 0, write=write)
    assert not path.exists()
    assert kept(path, read=read, compute=Counted(), write=write) == 11


def test_a_key_depends_on_every_part() -> None:
    assert key_of("a", "b", 1) == key_of("a", "b", 1)
    assert len({key_of("a", "b"), key_of("ab"), key_of("b", "a"), key_of("a", "b", 1)}) == 4


def test_the_code_of_a_package_changes_with_any_of_its_files(tmp_path: Path) -> None:
    first, second, third = (tmp_path / name for name in ("first", "second", "third"))
    for package, text in ((first, "x = 1"), (second, "x = 2"), (third, "x = 1")):
        package.mkdir()
        (package / "module.py").write_text(text)
        (package / "README.md").write_text(package.name)
    assert code_of(first) == code_of(third) != code_of(second)
