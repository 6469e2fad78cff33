"""Taking a quiz, and its results."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from werkzeug.datastructures import MultiDict

from grader.store.quizzes import attempt_by_id
from grader.store.tables import QuizAttempt

ALL = {"answer-which": "a", "answer-all": ["a", "b"], "answer-number": "0,1", "answer-why": "Because\nit falls."}


def hand_in(client, **changes):
    data = MultiDict((name, value) for name, values in {**ALL, **changes}.items() for value in as_list(values))
    return client.post("/exercises/slope/quiz", data=data)


def as_list(values):
    return values if isinstance(values, list) else [values]


def count(school):
    with school.database.reading() as session:
        return session.scalar(select(func.count(QuizAttempt.id)))


def test_answers_are_stored_sent_and_shown(school):
    client = school.visit("ada")
    answer = hand_in(client)
    assert answer.location == "/quiz-attempts/1"
    assert school.sent == [1]
    with school.database.reading() as session:
        stored = attempt_by_id(session, 1).answers
    assert stored == {"which": "a", "all": ["a", "b"], "number": "0,1", "why": "Because\nit falls."}
    page = client.get(answer.location).text
    assert "being scored" in page
    assert 'Along <span class="math inline">-g</span>' in page


def test_a_double_click_uses_one_attempt(school):
    client = school.visit("ada")
    assert hand_in(client).location == hand_in(client).location
    assert count(school) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"answer-number": "a lot"}, "This is not a number"),
        ({"answer-number": "nan"}, "This is not a number"),
        ({"answer-number": "1e999"}, "This is not a number"),
        ({"answer-number": "9" * 5000}, "This is not a number"),
        ({"answer-which": "z"}, "not on offer"),
        ({"answer-which": ["a", "b"]}, "More answers were sent"),
        ({"answer-all": ["a", "a"]}, "More answers were sent"),
        ({"answer-all": ["a", "<script>"]}, "not on offer"),
        ({"answer-other": "a"}, "questions that the quiz does not have"),
        ({"answer-why": "x" * 2001}, "2,001 characters"),
        ({"answer-why": "a\x00b"}, "cannot be seen"),
        ({"answer-why": "a\u202eb"}, "cannot be seen"),
    ],
)
def test_odd_answers_are_refused_in_words_and_the_others_kept(school, changes, words):
    answer = hand_in(school.visit("ada"), **changes)
    assert answer.status_code == 422
    assert words in answer.text
    assert count(school) == 0
    if "answer-all" not in changes:
        assert 'value="b" checked' in answer.text
    if "answer-why" not in changes:
        assert "Because\nit falls." in answer.text


def test_a_megabyte_of_text_is_refused_by_a_page_that_speaks(school):
    answer = hand_in(school.visit("ada"), **{"answer-why": "x" * 1_100_000})
    assert answer.status_code == 413
    assert "shorten your answer" in answer.text


def test_a_very_long_text_is_not_sent_back_whole(school):
    answer = hand_in(school.visit("ada"), **{"answer-why": "x" * 200_000})
    assert answer.status_code == 422
    assert len(answer.text) < 30_000


def test_an_unanswered_question_is_asked_about_before_an_attempt_is_used(school):
    client = school.visit("ada")
    answer = hand_in(client, **{"answer-number": ""})
    assert answer.status_code == 422
    assert "1 question is unanswered" in answer.text
    assert count(school) == 0
    assert hand_in(client, **{"answer-number": "", "anyway": "1"}).status_code == 302


def test_an_empty_form_uses_no_attempt(school):
    answer = school.visit("ada").post("/exercises/slope/quiz", data={"anyway": "1"})
    assert answer.status_code == 422
    assert "No question is answered yet" in answer.text


def test_no_attempt_is_left_after_the_last(school):
    for _ in range(2):
        school.answer(school.ada, {"which": "a"})
    client = school.visit("ada")
    assert "You have used all 2 attempts" in client.get("/exercises/slope/quiz").text
    answer = hand_in(client)
    assert answer.status_code == 422
    assert "can be handed in 2 times" in answer.text
    assert count(school) == 2


def test_an_explanation_waits_for_full_points_or_the_last_attempt(school):
    attempt_id, job_id = school.answer(school.ada, {"which": "a", "number": "7"})
    school.score(job_id, attempt_id, {"which": 1})
    client = school.visit("ada")
    page = client.get(f"/quiz-attempts/{attempt_id}").text
    assert "The story of which" in page
    assert "The story of number" not in page
    school.answer(school.ada, {"which": "b"})
    assert "The story of number" in client.get(f"/quiz-attempts/{attempt_id}").text


def test_a_provisional_score_is_called_so(school):
    attempt_id, job_id = school.answer(school.ada, {"why": "<b>falls</b>"})
    school.score(job_id, attempt_id, {"why": 2}, provisional=["why"])
    client = school.visit("ada")
    page = client.get(f"/quiz-attempts/{attempt_id}").text
    assert "provisional until an instructor confirms" in page
    assert "&lt;b&gt;falls&lt;/b&gt;" in page
    assert "provisional" in client.get("/exercises/slope").text


def test_other_students_find_nothing(school):
    attempt_id, _ = school.answer(school.ada, {"which": "a"})
    bob = school.visit("bob")
    assert bob.get(f"/quiz-attempts/{attempt_id}").status_code == 404
    assert bob.get(f"/quiz-attempts/{attempt_id}/events").status_code == 404
    assert school.visit("iris").get(f"/quiz-attempts/{attempt_id}").status_code == 200
