from pathlib import Path

from grader.domain.exercise import Exercise, Task

TASKS = (
    Task(id="3.1", function="adagrad_step", title="Adagrad", points=20.0, returns=("param", "sum_sq")),
    Task(id="3.3", function="adam_step", title="Adam", points=30.0, returns=("param",)),
)
ADAPTIVE = Exercise(
    slug="adaptive", title="Adaptive", summary="s", order=3, folder=Path("adaptive"), tasks=TASKS, bundle=("README.md",)
)


def test_an_exercise_is_worth_what_its_tasks_are() -> None:
    assert ADAPTIVE.max_points == 50.0


def test_the_solution_is_named_after_the_exercise() -> None:
    assert ADAPTIVE.solution_name == "adaptive.py"
