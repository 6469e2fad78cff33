"""What instructors see and settle."""

from __future__ import annotations

import csv
import io

import pytest

from grader.domain.comparison import Plan
from grader.store.accounts import create_user
from grader.store.courses import enrol
from grader.store.grade_tables import GradeKind
from grader.store.staffing import override
from grader.store.standing import score_by_id
from grader.store.tables import Role, User
from webapp.export import neutral


def test_the_gradebook_shows_best_scores_and_what_is_provisional(school, passed, failed):
    school.graded(school.ada, [passed, failed])
    school.graded(school.ada, [failed])
    attempt_id, job_id = school.answer(school.ada, {"why": "so"})
    school.score(job_id, attempt_id, {"why": 2.5}, provisional=["why"])
    page = school.visit("iris").get("/staff/gradebook").text
    assert '<td class="num">6</td>' in page
    assert '2.5 <span class="provisional">provisional</span>' in page
    assert "1 quiz answer waits" in page
    assert f'href="/staff/students/{school.ada.id}"' in page


def test_the_export_has_a_line_per_student(school, passed):
    school.graded(school.ada, [passed])
    answer = school.visit("iris").get("/staff/gradebook.csv")
    assert answer.mimetype == "text/csv"
    lines = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert lines == [
        ["username", "name", "slope (of 15)", "slope quiz (of 8)", "slope quiz provisional"],
        ["ada", "Ada Lovelace", "6", "", ""],
        ["bob", "Bob <b>Bold</b>", "", "", ""],
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", " ="])
def test_the_export_starts_no_formula(school, start):
    name = f"{start}cmd|' /C calc'!A0"
    with school.database.transaction() as session:
        create_user(session, "mallory", name, Role.STUDENT, "pw", school.now)
    answer = school.visit("iris").get("/staff/gradebook.csv")
    cells = next(
        line for line in csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")) if "mallory" in line
    )
    assert cells[1].startswith("'")


def test_harmless_text_is_exported_as_it_is():
    assert neutral("Ada - Lovelace") == "Ada - Lovelace"


def test_submissions_are_listed_newest_first_page_by_page(school):
    for number in range(53):
        school.hand_in(school.ada, code=b"x = %d\n" % number)
    client = school.visit("iris")
    page = client.get("/staff/submissions").text
    assert 'href="/submissions/53"' in page
    assert 'href="/submissions/3"' not in page
    assert 'href="/staff/submissions?before=4"' in page
    older = client.get("/staff/submissions?before=4").text
    assert 'href="/submissions/3"' in older
    assert "Older" not in older


def test_a_students_page_shows_all_of_their_work(school, passed):
    school.graded(school.bob, [passed])
    attempt_id, _ = school.answer(school.bob, {"which": "a"})
    page = school.visit("iris").get(f"/staff/students/{school.bob.id}").text
    assert 'href="/submissions/1"' in page
    assert f'href="/quiz-attempts/{attempt_id}"' in page
    assert school.visit("iris").get("/staff/students/999").status_code == 404


@pytest.fixture
def waiting(school):
    attempt_id, job_id = school.answer(school.ada, {"why": "It <i>falls</i>"})
    school.score(job_id, attempt_id, {"why": 2}, provisional=["why"])
    return 4  # the fourth question's score


def test_an_answer_to_confirm_stands_with_its_question(school, waiting):
    page = school.visit("iris").get("/staff/answers").text
    assert "It &lt;i&gt;falls&lt;/i&gt;" in page
    assert "Why?" in page
    assert 'value="2"' in page


def test_a_confirmed_score_counts(school, waiting):
    client = school.visit("iris")
    answer = client.post(f"/staff/answers/{waiting}", data={"points": "3,5"})
    assert answer.status_code == 302
    with school.database.reading() as session:
        score = score_by_id(session, waiting)
    assert (score.points, score.is_provisional, score.confirmed_by_id) == (3.5, False, school.iris.id)
    assert '<td class="num">3.5</td>' in client.get("/staff/gradebook").text
    assert "No answer waits" in client.get("/staff/answers").text


@pytest.mark.parametrize("points", ["", "many", "-1", "4.01", "nan", "1e300"])
def test_points_outside_the_question_are_refused_in_words(school, waiting, points):
    answer = school.visit("iris").post(f"/staff/answers/{waiting}", data={"points": points})
    assert answer.status_code == 422
    assert "Points are a number from 0 to 4." in answer.text
    with school.database.reading() as session:
        assert score_by_id(session, waiting).is_provisional


def test_an_unknown_score_is_not_found(school):
    assert school.visit("iris").post("/staff/answers/99", data={"points": "1"}).status_code == 404


def many_students(school, count):
    with school.database.transaction() as session:
        for number in range(count):
            user = User(
                username=f"s{number}",
                display_name=f"Student {number:04d}",
                role=Role.STUDENT,
                password_hash="",
                created_at=school.now,
            )
            session.add(user)
            session.flush()
            enrol(session, user.id, Role.STUDENT, now=school.now)


def test_a_large_gradebook_comes_page_by_page_and_its_export_whole(school):
    many_students(school, 230)
    client = school.visit("iris")
    first = client.get("/staff/gradebook").text
    assert "page 1 of 3, 232 students" in first and "Earlier names" not in first
    assert (first.count('<th scope="row">'), "Student 0097" in first, "Student 0098" in first) == (100, True, False)
    last = client.get("/staff/gradebook?page=3").text
    assert (last.count('<th scope="row">'), "Later names" in last) == (32, False)
    assert len(client.get("/staff/gradebook.csv").text.splitlines()) == 233


@pytest.mark.parametrize("page", ["0", "-3", "x", "99999999999999999999", "7"])
def test_a_page_that_is_none_is_harmless(school, page):
    assert school.visit("iris").get(f"/staff/gradebook?page={page}").status_code == 200


@pytest.mark.parametrize(
    ("named", "found"), [("0007", 1), ("student 000", 10), ("s12", 1), ("%", 0), ("_", 0), ("''--", 0)]
)
def test_a_student_is_found_by_a_part_of_the_name_or_the_user_name(school, named, found):
    many_students(school, 20)
    page = school.visit("iris").get("/staff/gradebook", query_string={"named": named}).text
    assert page.count('<th scope="row">') == found
    assert found or "Nobody here." in page


def test_what_is_set_by_hand_and_what_is_not_complete_is_marked(school, passed):
    school.graded(school.ada, [passed], comparison=Plan(points=5))
    with school.database.transaction() as session:
        override(session, school.bob, "slope", GradeKind.EXERCISE, 3.0, "agreed", actor=school.iris, now=school.now)
    page = school.visit("iris").get("/staff/gradebook").text
    assert page.count("set by hand") == 1
    assert page.count('<span class="provisional">provisional</span>') == 1
