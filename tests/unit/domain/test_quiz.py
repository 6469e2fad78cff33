import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.domain.quiz import AnswerKey, Choice, Question, QuestionType, Quiz, read_number, score_answer

CHOICES = (Choice("a", "A"), Choice("b", "B"), Choice("c", "C"), Choice("d", "D"))


def question(kind: QuestionType, points: float = 4.0) -> Question:
    choices = CHOICES if kind in (QuestionType.SINGLE, QuestionType.MULTIPLE) else ()
    return Question(id="q", type=kind, prompt="?", points=points, choices=choices)


def points(kind: QuestionType, key: AnswerKey, answer: str | list[str] | None) -> float:
    return score_answer(question(kind), key, answer).points


@pytest.mark.parametrize(("answer", "earned"), [("b", 4.0), ("a", 0.0), (None, 0.0), ("", 0.0), (["b"], 0.0)])
def test_single_choice_earns_all_or_nothing(answer: str | list[str] | None, earned: float) -> None:
    assert points(QuestionType.SINGLE, AnswerKey(explanation="", choices=frozenset("b")), answer) == earned


@pytest.mark.parametrize(
    ("answer", "earned"),
    [
        (["a", "b"], 4.0),
        (["a"], 2.0),
        ("a", 2.0),
        (["a", "c"], 0.0),
        (["a", "b", "c"], 2.0),
        (["a", "b", "c", "d"], 0.0),
        (["c", "d"], 0.0),
        (["a", "a"], 2.0),
        ([], 0.0),
    ],
)
def test_multiple_choice_weighs_wrong_ticks_against_right_ones(answer: str | list[str], earned: float) -> None:
    assert points(QuestionType.MULTIPLE, AnswerKey(explanation="", choices=frozenset("ab")), answer) == earned


@pytest.mark.parametrize(
    ("answer", "earned"),
    [("0.5", 4.0), ("0,5", 4.0), (" 5e-1 ", 4.0), ("0.51", 4.0), ("0.52", 0.0), ("−0.5", 0.0), ("half", 0.0)],
)
def test_a_number_counts_within_the_absolute_tolerance(answer: str, earned: float) -> None:
    assert points(QuestionType.NUMERIC, AnswerKey(explanation="", value=0.5, tolerance=0.0101), answer) == earned


def test_a_short_text_earns_its_share_of_the_ideas_provisionally() -> None:
    key = AnswerKey(explanation="because", ideas=(("bias", "correction"), ("zero", "zeros"), ("early", "first step")))
    score = score_answer(question(QuestionType.TEXT, points=3.0), key, "The moments start at ZERO, hence the bias.")
    assert (score.points, score.is_provisional, score.explanation) == (2.0, True, "because")


def test_a_text_that_was_not_written_needs_nobody_to_confirm_it() -> None:
    assert not score_answer(
        question(QuestionType.TEXT), AnswerKey(explanation="", ideas=(("x",),)), None
    ).is_provisional


@pytest.mark.parametrize(
    "text", ["nan", "inf", "1e999", "0x10", "1_000", "", "1.2.3", "9" * 41, "1 2", "--1", "e5", "."]
)
def test_what_is_not_a_finite_decimal_number_is_none(text: str) -> None:
    assert read_number(text) is None


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_finite_number_is_read_as_python_writes_it(number: float) -> None:
    assert read_number(repr(number)) == number


@given(st.sampled_from(QuestionType), st.none() | st.text() | st.lists(st.sampled_from("abcdx")))
def test_no_answer_earns_less_than_nothing_or_more_than_all(kind: QuestionType, answer: str | list[str] | None) -> None:
    key = AnswerKey(explanation="", choices=frozenset("ab"), value=1.0, tolerance=0.5, ideas=(("bias",), ("zero",)))
    score = score_answer(question(kind), key, answer)
    assert 0.0 <= score.points <= score.max_points == 4.0


def test_a_quiz_is_worth_what_its_questions_are() -> None:
    quiz = Quiz(title="Q", attempts=3, questions=(question(QuestionType.SINGLE, 1.5), question(QuestionType.TEXT, 2.0)))
    assert quiz.max_points == 3.5
