"""Grading through the real sandbox: what a submission does is a verdict, what we do wrong is not."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from celery.utils.threads import default_socket_timeout
from celery.worker.worker import SHUTDOWN_SOCKET_TIMEOUT

from grader.catalog import load_catalog
from grader.domain.check import CheckResult
from grader.domain.comparison import ComparisonReport
from grader.domain.errors import GraderFault, SettingsError, UnknownExercise
from grader.domain.report import Report
from grader.domain.submission import SourceFile
from grader.domain.verdict import Verdict
from grader.evaluate import Grader, start_zygote
from grader.judge.misconceptions import read_mutants
from grader.selfcheck.graded import mutated
from grader.settings import REPOSITORY, Settings, read_settings

pytestmark = pytest.mark.slow

SUITE = REPOSITORY / "grader" / "suites" / "adaptive"
STUB = REPOSITORY / "exercises" / "adaptive" / "adaptive.py"
REFERENCE = (SUITE / "reference.py").read_bytes()
ADAM = b"""
def adam_step(param, grad, exp_avg, exp_avg_sq, step, *, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    """


def grade(grader: Grader, content: bytes, seed: int = 1) -> Report:
    return grader.grade("adaptive", [SourceFile("adaptive.py", content)], seed=seed)


def with_adam(body: str) -> bytes:
    """Return the reference with another body of `adam_step`."""
    return REFERENCE + b"\nimport os, sys, threading, time\nimport torch\n" + ADAM + body.encode()


def of_task(report: Report, task: str) -> list[CheckResult]:
    return [check for check in report.checks if check.task == task]


def assert_only_adam_lost(report: Report, verdict: Verdict) -> None:
    assert report.verdict is verdict, report.message
    assert report.points == 70
    assert {check.verdict for check in of_task(report, "3.3")} <= {verdict, Verdict.RUNTIME_ERROR}
    assert {check.verdict for task in ("3.1", "3.2", "3.4") for check in of_task(report, task)} == {Verdict.ACCEPTED}


def test_nothing_of_the_warm_up_reaches_a_job(tmp_path: Path) -> None:
    """The warm-up runs the reference through the suite: the very first submission must not be judged by it."""
    settings = Settings(data_dir=tmp_path, sandbox_tier="namespaces")
    others = descendants()
    with Grader(settings, load_catalog(settings.exercises_dir)) as fresh:
        report = grade(fresh, STUB.read_bytes())
        pids = descendants() - others
    assert (report.verdict, report.points, report.misconceptions) == (Verdict.RUNTIME_ERROR, 0.0, ())
    assert all(check.fault.startswith(f"Not written yet: Task {check.task} ") for check in report.checks)
    assert len(pids) >= 3  # the judge, and the zygote's two processes
    assert wait_until_gone(pids), "closing the grader left processes behind"


def test_the_reference_is_accepted_in_the_namespaces_tier(grader: Grader) -> None:
    report = grade(grader, REFERENCE)
    assert (report.verdict, report.points, report.max_points) == (Verdict.ACCEPTED, 100, 100)
    assert (report.tier, report.seed, report.failure, report.misconceptions) == ("namespaces", 1, None, ())


def test_what_a_worker_begins_while_it_stops_is_graded_too(grader: Grader) -> None:
    with default_socket_timeout(SHUTDOWN_SOCKET_TIMEOUT):  # as Celery stops a worker
        assert grade(grader, REFERENCE).verdict is Verdict.ACCEPTED
        assert compare(grader, REFERENCE).verdict is Verdict.ACCEPTED


def test_a_known_mistake_is_named(grader: Grader) -> None:
    exercise = grader.catalog.exercise("adaptive")
    mutant = next(one for one in read_mutants(SUITE, exercise) if one.name == "adam_no_bias_correction")
    report = grade(grader, mutated(REFERENCE, mutant))
    assert report.verdict is Verdict.WRONG_ANSWER
    assert [found.name for found in report.misconceptions] == [mutant.name]
    assert report.misconceptions[0].sentence == mutant.sentence
    assert next(check for check in report.checks if check.name == mutant.killed_by).verdict is Verdict.WRONG_ANSWER


def test_a_report_depends_on_the_seed_alone(grader: Grader) -> None:
    wrong = with_adam("return param - lr * grad * 1.001, exp_avg, exp_avg_sq")
    first, second, other = grade(grader, wrong, 5), grade(grader, wrong, 5), grade(grader, wrong, 6)
    assert replace(first, seconds=0) == replace(second, seconds=0)
    assert [check.verdict for check in other.checks] == [check.verdict for check in first.checks]
    assert [check.message for check in other.checks] != [check.message for check in first.checks]


def compare(grader: Grader, content: bytes, seed: int = 1, only: str = "") -> ComparisonReport:
    return grader.compare("adaptive", [SourceFile("adaptive.py", content)], seed=seed, only=only)


def test_the_reference_trains_as_pytorch_does(grader: Grader) -> None:
    report = compare(grader, REFERENCE)
    assert (report.verdict, report.points, report.max_points) == (Verdict.ACCEPTED, 25, 25)
    assert (report.device, report.tier, report.misconceptions, report.notes) == ("CPU", "namespaces", (), ())
    assert {picture.check for picture in report.pictures} == {check.name for check in report.checks}


def test_a_mistake_is_told_by_repeating_the_run(grader: Grader) -> None:
    exercise = grader.catalog.exercise("adaptive")
    mutant = next(one for one in read_mutants(SUITE, exercise) if one.name == "adam_no_bias_correction")
    report = compare(grader, mutated(REFERENCE, mutant))
    assert [found.name for found in report.misconceptions] == [mutant.name]
    lost = {check.name for check in report.checks if check.verdict is Verdict.WRONG_ANSWER}
    assert lost == {"adam-training-parity", "adam-training-curve"}


def test_a_comparison_depends_on_the_seed_alone(grader: Grader) -> None:
    wrong = with_adam("return param - lr * grad * 1.001, exp_avg, exp_avg_sq")
    first, second, other = compare(grader, wrong, 5), compare(grader, wrong, 5), compare(grader, wrong, 6)
    assert replace(first, seconds=0) == replace(second, seconds=0)
    assert [check.verdict for check in other.checks] == [check.verdict for check in first.checks]
    assert other.pictures != first.pictures


def test_an_exercise_without_a_comparison_has_none(tmp_path: Path) -> None:
    course = REPOSITORY / "tests" / "course"
    settings = Settings(data_dir=tmp_path, exercises_dir=course / "exercises", suites_dir=course / "suites")
    with Grader(settings, load_catalog(settings.exercises_dir)) as own:
        assert own.plan_of("averages") is None
        with pytest.raises(GraderFault, match="averages has no training comparison"):
            own.compare("averages", [SourceFile("averages.py", b"x = 1")], seed=1)


def test_checks_are_heard_of_one_by_one_in_the_order_of_the_tasks(grader: Grader) -> None:
    heard: list[CheckResult] = []
    report = grader.grade(
        "adaptive",
        [SourceFile("adaptive.py", with_adam("return param, exp_avg, exp_avg_sq"))],
        seed=1,
        on_check=heard.append,
    )
    assert heard == list(report.checks)
    assert [check.task for check in heard] == sorted(check.task for check in heard)


def test_an_endless_loop_costs_its_own_task_and_no_more_than_the_limit(grader: Grader) -> None:
    report = grade(grader, with_adam("while True: pass"))
    assert_only_adam_lost(report, Verdict.TIME_LIMIT)


def test_an_endless_loop_at_import_is_stopped_at_the_limit(grader: Grader) -> None:
    report = grade(grader, REFERENCE + b"\nwhile True: pass\n")
    assert (report.verdict, report.points) == (Verdict.TIME_LIMIT, 0)
    assert report.message.startswith("importing adaptive.py did not return within 5 seconds")


@pytest.mark.parametrize(
    ("body", "verdict", "words"),
    [
        ("os._exit(0)", Verdict.RUNTIME_ERROR, "the code ended the Python process (exit code 0)"),
        ("sys.exit(3)", Verdict.RUNTIME_ERROR, "raised SystemExit: 3"),
        ("return [bytes(1 << 30)]", Verdict.MEMORY_LIMIT, "needed more than 512 MiB of memory"),
        ("while True: print('x' * 10_000)", Verdict.OUTPUT_LIMIT, "printed more than 256 KiB"),
        ("return torch.zeros(1 << 24)", Verdict.OUTPUT_LIMIT, "returned more than 16384 KiB of data"),
        ("return adam_step(param, grad, exp_avg, exp_avg_sq, step)", Verdict.RUNTIME_ERROR, "raised RecursionError"),
        ("return param.numpy()", Verdict.WRONG_ANSWER, "expected 3 tensors"),
    ],
    ids=["os._exit", "sys.exit", "memory", "output", "large result", "recursion", "numpy"],
)
def test_what_one_function_does_costs_its_own_task(body: str, verdict: Verdict, words: str, grader: Grader) -> None:
    report = grade(grader, with_adam(body))
    assert_only_adam_lost(report, verdict)
    assert words in of_task(report, "3.3")[0].fault


@pytest.mark.parametrize(
    "addition",
    [
        b"\nprint('hello')\n",
        b"\n_step = adam_step\ndef adam_step(param, *rest, **settings):\n"
        b"    print(param, repr(param), f'{param.sum():.3f}')\n    return _step(param, *rest, **settings)\n",
        b"\nimport threading\nthreading.Thread(target=print).start()\n",
        b"\nimport copy, pickle, inspect, torch\nx = torch.ones(2, requires_grad=True)\n"
        b"copy.deepcopy(x), pickle.dumps(x.detach()), inspect.stack(), x.norm(), torch.unique(x)\nx.sum().backward()\n",
        b"\nif __name__ == '__main__':\n    1 / 0\n",
        "\n# 日本語 \u202e\n".encode(),
    ],
    ids=["print", "print a tensor", "thread", "everyday torch", "main guard", "unicode"],
)
def test_harmless_habits_cost_nothing(addition: bytes, grader: Grader) -> None:
    report = grade(grader, REFERENCE + addition)
    assert (report.verdict, report.points) == (Verdict.ACCEPTED, 100), [check.fault for check in report.checks][:1]


@pytest.mark.parametrize(
    ("content", "verdict", "message"),
    [
        (b"def f(:\n", Verdict.COMPILE_ERROR, "adaptive.py, line 1: invalid syntax\n    def f(:\n          ^"),
        (
            b"x = 1\nreturn x\n",
            Verdict.COMPILE_ERROR,
            "adaptive.py, line 2: 'return' outside function\n    return x\n    ^",
        ),
        (b"import nonsuch\n", Verdict.RUNTIME_ERROR, "importing adaptive.py raised ModuleNotFoundError"),
        (b"exec('1 +')\n", Verdict.RUNTIME_ERROR, "importing adaptive.py raised SyntaxError"),
        (
            b"import os\nos._exit(0)\n",
            Verdict.RUNTIME_ERROR,
            "importing adaptive.py: the code ended the Python process",
        ),
        (b"import torch\nx = torch.optim\n", Verdict.FORBIDDEN, "adaptive.py, line 2: torch.optim is closed"),
        (b"hoard = bytearray(1 << 31)\n", Verdict.MEMORY_LIMIT, "importing adaptive.py needed more than 512 MiB"),
    ],
    ids=["syntax", "compile only", "import", "its own syntax error", "exit", "closed name", "memory"],
)
def test_a_file_that_cannot_be_imported_is_told_why_and_earns_nothing(
    content: bytes, verdict: Verdict, message: str, grader: Grader
) -> None:
    report = grade(grader, content)
    assert (report.verdict, report.points) == (verdict, 0)
    assert report.message.startswith(message)
    assert {check.verdict for check in report.checks} == {Verdict.SKIPPED}


def test_a_missing_function_is_named(grader: Grader) -> None:
    report = grade(grader, REFERENCE + b"\ndel adam_step\n")
    assert_only_adam_lost(report, Verdict.RUNTIME_ERROR)
    assert of_task(report, "3.3")[0].fault == "adaptive.py has no function adam_step."


def test_an_unknown_exercise_is_told(grader: Grader) -> None:
    with pytest.raises(UnknownExercise, match="There is no exercise 'nonsuch'"):
        grader.grade("nonsuch", [SourceFile("nonsuch.py", b"")], seed=1)


def test_a_quiz_is_scored_against_the_hidden_keys(grader: Grader) -> None:
    scores = {
        score.question: score
        for score in grader.score_quiz(
            "adaptive",
            {
                "role_of_an_optimizer": "b",
                "is_adam_always_best": "a",
                "why_momentum": ["a", "b", "d"],
                "first_moment_by_hand": "1,5263",
                "why_adaptive": "a step size for each parameter, from the squared gradients",
            },
        )
    }
    assert [scores[name].points for name in ("role_of_an_optimizer", "is_adam_always_best")] == [2, 0]
    assert scores["why_momentum"].points == 1
    assert scores["first_moment_by_hand"].points == 3
    assert 0 < scores["why_adaptive"].points < 4
    assert scores["why_adaptive"].is_provisional
    assert scores["l2_or_decoupled"].points == 0


@pytest.fixture
def own_suite(tmp_path: Path) -> Iterator[tuple[Grader, Path]]:
    """A grader whose suite of `adaptive` is a copy that a test may change."""
    shutil.copytree(SUITE, tmp_path / "suites" / "adaptive", ignore=shutil.ignore_patterns("__pycache__"))
    settings = Settings(data_dir=tmp_path / "data", suites_dir=tmp_path / "suites", sandbox_tier="process")
    with Grader(settings, load_catalog(settings.exercises_dir)) as made:
        yield made, tmp_path / "suites" / "adaptive"


def test_a_changed_suite_grades_the_next_submission_and_a_broken_one_nobody(own_suite: tuple[Grader, Path]) -> None:
    grader, suite = own_suite
    before = grade(grader, REFERENCE)
    assert (before.verdict, before.tier) == (Verdict.ACCEPTED, "process")
    changed = suite / "test_adagrad.py"
    changed.write_text(changed.read_text().replace('"adagrad-first-step"', '"adagrad-very-first-step"'))
    after = grade(grader, REFERENCE)
    assert after.suite_version != before.suite_version
    assert after.checks[0].name != before.checks[0].name
    changed.write_text("import nonsuch\n")
    with pytest.raises(GraderFault, match=r"(?s)the suite of adaptive is not usable:.*nonsuch"):
        grade(grader, REFERENCE)


def test_production_refuses_the_process_tier() -> None:
    with pytest.raises(SettingsError, match="the process tier holds nobody back; production refuses it"):
        read_settings(
            {
                "GRADESCENT_ENVIRONMENT": "production",
                "GRADESCENT_SANDBOX_TIER": "process",
                "GRADESCENT_SECRET_KEY": "k" * 40,
            }
        )


def test_production_does_not_fall_back_to_the_process_tier(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[str] = []

    def refuse(tier: str, hidden: list[Path]) -> None:
        asked.append(tier)
        raise GraderFault("no namespaces sandbox on this machine")

    monkeypatch.setattr("grader.evaluate.ZygoteProcess", refuse)
    with pytest.raises(GraderFault, match="no namespaces sandbox"):
        start_zygote(Settings(data_dir=tmp_path, environment="production", secret_key="k" * 40))
    assert asked == ["namespaces", "landlock"]


@pytest.mark.parametrize("module", ["grader.sandbox.zygote", "grader.judge.nursery"])
def test_a_warm_process_that_was_killed_is_replaced(module: str, grader: Grader) -> None:
    killed = {pid for pid in descendants() if module in command_of(pid)}
    assert killed
    for pid in killed:
        with contextlib.suppress(ProcessLookupError):  # the zygote's second process ends with the first
            os.kill(pid, signal.SIGKILL)
    assert wait_until_gone(killed)
    report = grade(grader, REFERENCE)
    assert (report.verdict, report.points) == (Verdict.ACCEPTED, 100)


LIMITS = {
    "a large file": (
        "open('x', 'wb').write(bytes(17 << 20))",
        Verdict.OUTPUT_LIMIT,
        "wrote a file of more than 16 MiB",
    ),
    "many files": (
        "[open(str(n), 'wb').write(bytes(9 << 20)) for n in range(9)]",
        Verdict.OUTPUT_LIMIT,
        "wrote more than 16 MiB of files",
    ),
    "open files": (
        "[open('/dev/null') for _ in range(99)]",
        Verdict.RUNTIME_ERROR,
        "had more than 64 files open at the same time",
    ),
    "threads": (
        "[threading.Thread(target=time.sleep, args=(9,)).start() for _ in range(99)]",
        Verdict.RUNTIME_ERROR,
        "ran more than 16 threads at the same time",
    ),
    "processes": ("os.fork()", Verdict.RUNTIME_ERROR, "It cannot start programs"),
    "network": ("socket.socket()", Verdict.RUNTIME_ERROR, "use the network"),
    "a list without end": ("[0] * (1 << 40)", Verdict.MEMORY_LIMIT, "needed more than 512 MiB of memory"),
    "tensors without end": ("[torch.zeros(1 << 22) for _ in range(99)]", Verdict.MEMORY_LIMIT, "more than 512 MiB"),
    "processor time": (
        "[threading.Thread(target=spin).start() for _ in range(4)]; spin()",
        Verdict.TIME_LIMIT,
        "did not return within 2 seconds",
    ),
}


@pytest.mark.parametrize("name", LIMITS)
def test_each_limit_has_a_verdict_and_words_of_its_own(name: str, grader: Grader) -> None:
    code, verdict, words = LIMITS[name]
    report = grade(grader, with_adam(code) + b"\n\nimport socket\ndef spin():\n    while True: pass\n")
    assert_only_adam_lost(report, verdict)
    assert words in of_task(report, "3.3")[0].fault


def test_warm_processes_are_replaced_after_so_many_jobs_and_none_is_left_over(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, recycle_after=3)
    before = descendants()
    with Grader(settings, load_catalog(settings.exercises_dir)) as own:
        own.warm(["adaptive"])
        first = descendants() - before
        for _ in range(12):
            assert grade(own, REFERENCE).points == 100
            time.sleep(0.1)
        assert not first <= descendants(), "some of the first processes must have been replaced"
        assert wait_until_gone(first)
        assert grade(own, REFERENCE).points == 100
        last = descendants() - before
        assert len(last) <= 2 * len(first)
    assert wait_until_gone(last)


def test_a_guest_that_dies_while_it_waits_is_replaced(grader: Grader) -> None:
    grade(grader, REFERENCE)
    while len(waiting := guests()) != 1:  # the guest of that grade is on its way out
        time.sleep(0.02)
    os.kill(waiting.pop(), signal.SIGKILL)
    assert grade(grader, REFERENCE).points == 100


def guests() -> set[int]:
    """Return the pids of all guests: of the zygote's processes those that are nobody's parent."""
    zygotes = {pid for pid in descendants() if "grader.sandbox.zygote" in command_of(pid)}
    return zygotes - {parent_of(pid) for pid in zygotes}


def parent_of(pid: int) -> int:
    return int((Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])


def descendants() -> set[int]:
    """Return the pids of all processes below this one."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    found = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {os.getpid()}


def command_of(pid: int) -> str:
    try:
        return (Path("/proc") / str(pid) / "cmdline").read_text().replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def is_running(pid: int) -> bool:
    """Tell whether a process is there and has not ended: one that waits to be reaped has."""
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until_gone(pids: set[int]) -> bool:
    """Wait for processes to end; tell whether they did."""
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        if not any(is_running(pid) for pid in pids):
            return True
        time.sleep(0.02)
    return False
