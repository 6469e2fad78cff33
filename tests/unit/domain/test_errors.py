import inspect

from grader.domain import errors
from grader.domain.errors import GradescentError, ManifestError, UnknownExercise


def test_every_error_is_in_the_tree_and_in_the_drawing_of_it() -> None:
    classes = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == errors.__name__]
    assert all(issubclass(kind, GradescentError) for kind in classes)
    assert all(kind.__name__ in str(errors.__doc__) for kind in classes)


def test_a_manifest_error_names_the_file_the_key_and_what_was_expected() -> None:
    assert str(ManifestError("m.toml", "order", "a number", "x")) == "m.toml: order: expected a number, found 'x'"
    assert str(ManifestError("m.toml", "order", "a number")) == "m.toml: order: expected a number, it is missing"


def test_an_unknown_exercise_is_told_with_those_that_there_are() -> None:
    assert str(UnknownExercise("adam", ["adaptive", "dropout"])).endswith("The exercises are: adaptive, dropout.")
