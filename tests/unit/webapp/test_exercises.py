"""The list of exercises, an exercise's page, its files, the bundle."""

from __future__ import annotations

import io
import zipfile


def test_the_list_shows_where_each_exercise_stands(school, passed, failed):
    client = school.visit("ada")
    assert "not started" in client.get("/").text
    submission_id, job_id = school.hand_in(school.ada)
    assert "being graded" in client.get("/").text
    school.finish(school.start(job_id), [passed, failed])
    page = client.get("/").text
    assert "in progress" in page
    assert '<span class="number">6</span><span class="of"> / 15</span>' in page
    assert submission_id


def test_the_instructions_are_rendered_with_readable_formulas(school):
    page = school.visit("ada").get("/exercises/slope").text
    assert '<span class="math inline">-\\nabla f</span>' in page
    assert '<div class="math block">' in page
    assert "<details><summary>Hint</summary>" in page
    assert "<em>down</em>" in page
    assert '<h2 id="section-the-rules">' in page
    assert 'href="#section-the-rules"' in page
    assert '<span class="k">def</span>' in page
    assert page.count("<h1") == 1


def test_instructions_cannot_run_scripts(school):
    assert "alert(1)" not in school.visit("ada").get("/exercises/slope").text


def test_only_files_that_the_manifest_gives_are_linked_and_served(school):
    client = school.visit("ada")
    page = client.get("/exercises/slope").text
    assert 'src="/exercises/slope/files/figures/hill.svg"' in page
    assert 'href="/exercises/slope/files/slope.py"' in page
    assert "answers.toml" not in page
    assert client.get("/exercises/slope/files/figures/hill.svg", buffered=True).mimetype == "image/svg+xml"
    assert client.get("/exercises/slope/files/slope.py", buffered=True).mimetype == "text/plain"
    for name in ("notes.txt", "../slope/notes.txt", "..%2f..%2fREADME.md", "figures", "", "quiz.toml"):
        assert client.get(f"/exercises/slope/files/{name}").status_code == 404, name


def test_an_image_that_is_opened_as_a_document_runs_nothing(school):
    policy = (
        school.visit("ada")
        .get("/exercises/slope/files/figures/hill.svg", buffered=True)
        .headers["Content-Security-Policy"]
    )
    assert "default-src 'none'" in policy
    assert "sandbox" in policy


def test_an_unknown_exercise_lists_those_that_there_are(school):
    client = school.visit("ada")
    for path in ("/exercises/slop%3Cb%3E", "/exercises/slop%3Cb%3E/submit", "/exercises/slop%3Cb%3E/quiz"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "slop&lt;b&gt;" in answer.text
        assert 'href="/exercises/slope"' in answer.text


def test_the_bundle_is_a_zip_of_the_students_files(school):
    answer = school.visit("ada").get("/bundle.zip")
    names = zipfile.ZipFile(io.BytesIO(answer.data)).namelist()
    assert "exercises/slope/slope.py" in names
    assert not [name for name in names if "notes" in name or "quiz" in name]
