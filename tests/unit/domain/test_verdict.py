from itertools import pairwise

from grader.domain.verdict import JobStatus, Verdict, worst


def test_the_worst_verdict_decides() -> None:
    assert worst([Verdict.ACCEPTED, Verdict.WRONG_ANSWER, Verdict.TIME_LIMIT]) is Verdict.TIME_LIMIT


def test_without_any_check_the_verdict_is_skipped() -> None:
    assert worst([]) is Verdict.SKIPPED


def test_every_verdict_is_worse_than_the_one_declared_after_it() -> None:
    for worse, better in pairwise(Verdict):
        assert worst([better, worse]) is worse


def test_a_verdict_reads_as_words() -> None:
    assert Verdict.TIME_LIMIT.words == "time limit"


def test_a_job_is_final_when_it_neither_waits_nor_runs() -> None:
    assert [status for status in JobStatus if status.is_final] == [
        JobStatus.GRADED,
        JobStatus.FAILED,
        JobStatus.CANCELLED,
    ]
