from __future__ import annotations

from pathlib import Path

import pytest

from grader.catalog import load_catalog
from grader.domain.comparison import Device, Plan
from grader.domain.errors import ManifestError, UnknownExercise
from grader.domain.form import Form, Kind
from grader.domain.quiz import QuestionType
from grader.settings import REPOSITORY

MANIFEST = """
slug = "adaptive"
title = "Adaptive methods"
summary = "A step size for each parameter."
order = 3
bundle = ["README.md", "adaptive.py"]
closed = ["torch.optim"]

[limits]
call_seconds = 1.5
memory_mb = 256

[[tasks]]
id = "3.1"
function = "adagrad_step"
title = "Adagrad"
points = 20
returns = ["param", "sum_sq"]
"""
TASK = MANIFEST[MANIFEST.index("[[tasks]]") :]
QUIZ = """
title = "Quiz"
attempts = 2

[[questions]]
id = "q1"
type = "single"
prompt = "Which?"
points = 1
choices = [{ id = "a", text = "A" }, { id = "b", text = "B" }]

[[questions]]
id = "q2"
type = "numeric"
prompt = "How many?"
points = 0.5
"""


def course(folder: Path, manifest: str = MANIFEST, quiz: str | None = QUIZ, slug: str = "adaptive") -> Path:
    """Write a course of one exercise."""
    exercise = folder / slug
    exercise.mkdir(parents=True)
    (exercise / "README.md").write_text("# Adaptive\n")
    (exercise / f"{slug}.py").write_text('"""The stub."""\n')
    (exercise / "manifest.toml").write_text(manifest)
    if quiz is not None:
        (exercise / "quiz.toml").write_text(quiz)
    return folder


def test_a_manifest_becomes_an_exercise(tmp_path: Path) -> None:
    catalog = load_catalog(course(tmp_path))
    exercise = catalog.exercise("adaptive")
    assert (exercise.title, exercise.order, exercise.closed) == ("Adaptive methods", 3, ("torch.optim",))
    assert exercise.opened == ()
    assert (exercise.limits.call_seconds, exercise.limits.memory_mb, exercise.limits.max_guests) == (1.5, 256, 8)
    assert [(task.id, task.function, task.points) for task in exercise.tasks] == [("3.1", "adagrad_step", 20.0)]
    assert catalog.instructions("adaptive") == "# Adaptive\n"


def test_a_manifest_may_open_something_within_what_it_closes(tmp_path: Path) -> None:
    opened = 'opened = ["torch.optim.lr_scheduler", "torch.optim.swa*"]'
    manifest = MANIFEST.replace('closed = ["torch.optim"]', f'closed = ["torch.optim"]\n{opened}')
    exercise = load_catalog(course(tmp_path, manifest)).exercise("adaptive")
    assert exercise.opened == ("torch.optim.lr_scheduler", "torch.optim.swa*")


COMPARISON = '[comparison]\npoints = 25\ndevice = "auto"\ndata = "digits"\n'


def with_comparison(lines: str) -> str:
    return MANIFEST.replace("[[tasks]]", f"{lines}\n[[tasks]]", 1)


def test_a_comparison_counts_on_top_of_the_tasks(tmp_path: Path) -> None:
    exercise = load_catalog(course(tmp_path, with_comparison(COMPARISON))).exercise("adaptive")
    assert exercise.comparison == Plan(points=25, device=Device.AUTO, data="digits")
    assert exercise.max_points == sum(task.points for task in exercise.tasks) + 25


def test_a_comparison_is_synthetic_and_on_the_cpu_unless_it_says_so(tmp_path: Path) -> None:
    exercise = load_catalog(course(tmp_path, with_comparison("[comparison]\npoints = 5\n"))).exercise("adaptive")
    assert exercise.comparison == Plan(points=5, device=Device.CPU, data="synthetic")


def test_an_exercise_may_have_no_comparison(tmp_path: Path) -> None:
    exercise = load_catalog(course(tmp_path)).exercise("adaptive")
    assert exercise.comparison is None
    assert exercise.max_points == sum(task.points for task in exercise.tasks)


@pytest.mark.parametrize(
    ("line", "key", "expected"),
    [
        ('device = "tpu"', "comparison.device", "one of cpu, gpu, auto"),
        ('data = "imagenet"', "comparison.data", "one of synthetic, digits, mnist, cifar10"),
        ("epochs = 3", "comparison.epochs", "no such key"),
    ],
)
def test_a_bad_comparison_is_told(tmp_path: Path, line: str, key: str, expected: str) -> None:
    with pytest.raises(ManifestError) as caught:
        load_catalog(course(tmp_path, with_comparison(f"[comparison]\npoints = 25\n{line}\n")))
    assert caught.value.key == key
    assert expected in str(caught.value)


def test_a_comparison_is_worth_something(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"comparison\.points: expected a number above 0, it is missing"):
        load_catalog(course(tmp_path, with_comparison("[comparison]\n")))


def test_a_quiz_belongs_to_its_exercise(tmp_path: Path) -> None:
    quiz = load_catalog(course(tmp_path)).quiz("adaptive")
    assert quiz is not None
    assert (quiz.attempts, quiz.max_points) == (2, 1.5)
    assert [question.type for question in quiz.questions] == [QuestionType.SINGLE, QuestionType.NUMERIC]


def test_an_exercise_may_have_no_quiz(tmp_path: Path) -> None:
    assert load_catalog(course(tmp_path, quiz=None)).quiz("adaptive") is None


def test_exercises_come_in_teaching_order(tmp_path: Path) -> None:
    course(tmp_path)
    course(
        tmp_path,
        MANIFEST.replace('"adaptive"', '"momentum"')
        .replace("order = 3", "order = 2")
        .replace("adaptive.py", "momentum.py"),
        slug="momentum",
    )
    assert [found.slug for found in load_catalog(tmp_path).exercises] == ["momentum", "adaptive"]


def test_an_unknown_exercise_is_told_with_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(UnknownExercise, match=r"no exercise 'adam'\. The exercises are: adaptive"):
        load_catalog(course(tmp_path)).exercise("adam")


COURSE = {
    "gradient_descent": [
        "mse_loss",
        "cross_entropy_loss",
        "gradient_descent_step",
        "clip_by_global_norm",
        "minibatches",
        "fit_linear",
    ],
    "momentum": ["sgd_step", "momentum_step", "nesterov_step"],
    "adaptive": ["adagrad_step", "rmsprop_step", "adam_step", "adamw_step"],
    "initializers": [
        "fan_in_and_fan_out",
        "random_normal",
        "xavier_uniform",
        "xavier_normal",
        "he_uniform",
        "he_normal",
        "standardize",
    ],
    "batchnorm": ["batchnorm_forward", "batchnorm_backward"],
    "dropout": ["dropout_forward", "dropout_backward"],
    "schedules": [
        "step_decay",
        "exponential_decay",
        "cosine_annealing",
        "warmup_cosine",
        "ReduceOnPlateau",
        "EarlyStopping",
    ],
    "capstone": ["train", "predict"],
    "beyond_gradients": ["newton_step", "bfgs_update", "evolve", "gp_posterior", "expected_improvement"],
}


def test_the_course_of_this_repository_has_its_nine_exercises_in_teaching_order() -> None:
    catalog = load_catalog(REPOSITORY / "exercises")
    assert [found.slug for found in catalog.exercises] == list(COURSE)
    for number, exercise in enumerate(catalog.exercises, 1):
        assert [task.function for task in exercise.tasks] == COURSE[exercise.slug]
        assert all(task.id.startswith(f"{number}.") for task in exercise.tasks)
        assert sum(task.points for task in exercise.tasks) == 100
        assert exercise.comparison is not None and exercise.comparison.points == 25
        quiz = catalog.quiz(exercise.slug)
        assert quiz is not None and {question.type for question in quiz.questions} == set(QuestionType)


FORMS = """
[[tasks]]
id = "3.2"
function = "Plateau"
title = "Plateau"
points = 5
method = "step"
attributes = [{ name = "lr", kind = "number" }]
returns = [
  "param",
  { name = "loss", shape = [], dtype = "param" },
  { name = "many", kind = "tensors", shape = ["*", "n", "param.0", 3], dtype = "int64" },
  { name = "state", kind = "state", dtype = "float32", entries = { "fc.weight" = [2, 3], "fc.bias" = [2] } },
]
"""


def test_returned_values_have_forms(tmp_path: Path) -> None:
    manifest = MANIFEST.replace("[limits]", 'companions = ["momentum.py"]\n\n[limits]') + FORMS
    found = load_catalog(course(tmp_path, manifest)).exercise("adaptive")
    assert found.companions == ("momentum.py",)
    task = found.tasks[1]
    assert (task.method, [form.kind for form in task.attributes]) == ("step", [Kind.NUMBER])
    param, loss, many, state = task.returns
    assert param == Form.like_argument("param")
    assert (loss.shape, loss.dtype, loss.arguments()) == ((), "param", {"param"})
    assert (many.kind, many.shape, many.arguments()) == (Kind.TENSORS, ("*", "n", "param.0", 3), {"n", "param"})
    assert state.entries == {"fc.weight": (2, 3), "fc.bias": (2,)}


@pytest.mark.parametrize(
    ("form", "key", "expected"),
    [
        ("{ name = 'x', kind = 'tensr' }", "kind", "one of tensor, tensors, number"),
        ("{ like = 'x' }", "name", "it is missing"),
        ("{ name = 'x', like = 'x', dtype = 'int64' }", "like", "either `like`, or `shape` and `dtype`"),
        ("{ name = 'x', shape = [-1] }", "shape", "an argument's name, or a list of sizes"),
        ("{ name = 'x', shape = [1.5] }", "shape", "an argument's name, or a list of sizes"),
        ("{ name = 'x', shape = 3 }", "shape", "an argument's name, or a list of sizes"),
        ("{ name = 'x', dtype = 'torch.int64' }", "dtype", "an argument's name or one of float64"),
        ("{ name = 'x', kind = 'state' }", "entries", "entries for a state, and for nothing else"),
        ("{ name = 'x', entries = { a = [1] } }", "entries", "entries for a state, and for nothing else"),
        ("{ name = 'x', kind = 'state', entries = { a = ['n'] } }", "entries", "a list of whole numbers"),
        ("{ name = 'x', shapes = [] }", "shapes", "no such key"),
        ("3", "", "a list of texts or tables"),
    ],
)
def test_a_bad_form_is_told_by_key_and_what_was_expected(tmp_path: Path, form: str, key: str, expected: str) -> None:
    manifest = MANIFEST.replace('returns = ["param", "sum_sq"]', f"returns = [{form}]")
    with pytest.raises(ManifestError) as error:
        load_catalog(course(tmp_path, manifest))
    assert error.value.key == (f"tasks[0].returns[0].{key}" if key else "tasks[0].returns")
    assert expected in str(error.value)


@pytest.mark.parametrize(
    ("line", "key", "expected"),
    [
        ("companions = ['../momentum.py']", "companions", "names of other exercises' solution files"),
        ("companions = ['adaptive.py']", "companions", "names of other exercises' solution files"),
        ("companions = ['momentum']", "companions", "names of other exercises' solution files"),
    ],
)
def test_a_bad_companion_is_told(tmp_path: Path, line: str, key: str, expected: str) -> None:
    with pytest.raises(ManifestError) as error:
        load_catalog(course(tmp_path, MANIFEST.replace("order = 3", f"order = 3\n{line}")))
    assert error.value.key == key
    assert expected in str(error.value)


def test_attributes_belong_to_a_class(tmp_path: Path) -> None:
    manifest = f"{MANIFEST}attributes = [{{ name = 'lr', kind = 'number' }}]\n"
    with pytest.raises(ManifestError, match="a class, which also has a `method`"):
        load_catalog(course(tmp_path, manifest))


@pytest.mark.parametrize(
    ("old", "new", "key", "expected"),
    [
        ('slug = "adaptive"', "", "slug", "a non-empty text, it is missing"),
        ('slug = "adaptive"', 'slug = "dropout"', "slug", "the folder's name"),
        ('title = "Adaptive methods"', 'title = " "', "title", "a non-empty text"),
        ('title = "Adaptive methods"', "title = 3", "title", "a non-empty text, found 3"),
        ("order = 3", "order = 3.5", "order", "a whole number above 0, found 3.5"),
        ("order = 3", "order = true", "order", "a whole number above 0"),
        ("points = 20", "points = 0", "tasks[0].points", "a number above 0, found 0"),
        ("points = 20", "points = nan", "tasks[0].points", "a number above 0"),
        ("points = 20", "point = 20", "tasks[0].points", "it is missing"),
        ('title = "Adagrad"', 'title = "Adagrad"\nhint = "x"', "tasks[0].hint", "no such key"),
        ('returns = ["param", "sum_sq"]', 'returns = "param"', "tasks[0].returns", "a list of texts"),
        ("order = 3", "order = 3\nauthor = 'x'", "author", "no such key (is it misspelt?)"),
        ("call_seconds = 1.5", "call_second = 1.5", "limits.call_second", "one of load_seconds"),
        ("memory_mb = 256", "memory_mb = 0.5", "limits.memory_mb", "a whole number above 0"),
        ("memory_mb = 256", "memory_mb = -1", "limits.memory_mb", "a whole number above 0"),
        ("order = 3", "order = 3\nopened = 'torch.optim'", "opened", "a list of texts"),
        ("order = 3", "order = 3\nopened = ['torch.nn']", "opened", "names that lie below a closed one"),
        ("order = 3", "order = 3\nopened = ['torch.optim']", "opened", "names that lie below a closed one"),
        ("order = 3", "order = 3\nopened = ['torch.opt*']", "opened", "names that lie below a closed one"),
        (TASK, "", "tasks", "one or more [[tables]], it is missing"),
        (TASK, "tasks = []", "tasks", "one or more [[tables]]"),
        (TASK, TASK + TASK, "tasks.id", "a different one for each task"),
        ('bundle = ["README.md", "adaptive.py"]', 'bundle = ["x.py"]', "bundle", "files of adaptive/, found 'x.py'"),
        ('"README.md", "adaptive.py"', '"../../../etc/passwd"', "bundle", "files of adaptive/"),
        ('"README.md", "adaptive.py"', '"/etc/passwd"', "bundle", "files of adaptive/"),
        ('slug = "adaptive"', "slug = ", "(file)", "valid TOML in UTF-8"),
    ],
)
def test_a_bad_manifest_is_told_by_file_key_and_what_was_expected(
    tmp_path: Path, old: str, new: str, key: str, expected: str
) -> None:
    assert old in MANIFEST
    with pytest.raises(ManifestError) as error:
        load_catalog(course(tmp_path, MANIFEST.replace(old, new)))
    assert error.value.file.endswith("adaptive/manifest.toml")
    assert error.value.key == key
    assert expected in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "key", "expected"),
    [
        ("attempts = 2", "attempts = 0", "attempts", "a whole number above 0"),
        ('type = "single"', 'type = "essay"', "questions[0].type", "one of single, multiple, numeric, text"),
        (', { id = "b", text = "B" }', "", "questions[0].choices", "two or more for single and multiple choice"),
        ('type = "single"', 'type = "text"', "questions[0].choices", "none otherwise"),
        ('id = "q2"', 'id = "q1"', "questions.id", "a different one for each question"),
        ('prompt = "Which?"', "", "questions[0].prompt", "it is missing"),
        ("points = 0.5", 'points = 0.5\nanswer = "3"', "questions[1].answer", "no such key"),
    ],
)
def test_a_bad_quiz_is_told_by_file_key_and_what_was_expected(
    tmp_path: Path, old: str, new: str, key: str, expected: str
) -> None:
    assert old in QUIZ
    with pytest.raises(ManifestError) as error:
        load_catalog(course(tmp_path, quiz=QUIZ.replace(old, new)))
    assert error.value.file.endswith("adaptive/quiz.toml")
    assert error.value.key == key
    assert expected in str(error.value)


def test_a_manifest_that_is_not_utf8_is_told_as_such(tmp_path: Path) -> None:
    course(tmp_path)
    (tmp_path / "adaptive" / "manifest.toml").write_bytes(b'slug = "\xff"')
    with pytest.raises(ManifestError, match="valid TOML in UTF-8"):
        load_catalog(tmp_path)


def test_a_missing_stub_or_instructions_are_told(tmp_path: Path) -> None:
    course(tmp_path)
    (tmp_path / "adaptive" / "adaptive.py").unlink()
    with pytest.raises(ManifestError, match=r"adaptive\.py"):
        load_catalog(tmp_path)


def test_a_course_without_exercises_is_told(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"at least one exercise with a manifest\.toml"):
        load_catalog(tmp_path)
    with pytest.raises(ManifestError, match="a folder with one folder per exercise"):
        load_catalog(tmp_path / "nowhere")
