"""What closes in the guest is what the judge reads as closed: both know the rule, and neither the other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from grader.domain.policy import is_closed, leads_to
from grader.sandbox.closing import Patterns, survey

NAMES = st.lists(st.sampled_from(["a", "b", "ab", "b_", "_c"]), min_size=1, max_size=4).map(".".join)
PATTERNS = st.lists(st.builds("{}{}".format, NAMES, st.sampled_from(["", "", "*", ".*"])), max_size=4)


@given(PATTERNS, PATTERNS, NAMES)
def test_judge_and_guest_agree_on_what_is_closed(closed: list[str], opened: list[str], name: str) -> None:
    patterns = Patterns(closed, opened)
    assert patterns.closes(name) is is_closed(name, closed, opened)
    assert patterns.leads_through(name) is leads_to(name, opened)


@given(PATTERNS, PATTERNS, st.lists(NAMES, unique=True))
def test_what_is_closed_among_sorted_names_is_found(closed: list[str], opened: list[str], names: list[str]) -> None:
    patterns = Patterns(closed, opened)
    assert sorted(patterns.closed_among(sorted(names))) == sorted(name for name in names if patterns.closes(name))


def test_the_survey_finds_what_is_to_be_closed() -> None:
    found = survey()
    assert found is survey()
    assert {"torch", "torch.optim.adam", "torch.nn.functional"} <= set(found.modules)
    assert ("torch.functional", "F") in [(link.holder, link.name) for link in found.links["torch.nn.functional"]]
    assert {"torch.optim.adam.Adam.step", "torch.optim.adam._single_tensor_adam"} <= set(found.functions)
    assert {"_fused_adam_", "_fused_adam.out"} <= set(found.operators)
    assert "_foreach_add" in found.members["torch"]
    for names in (found.modules, found.function_names, found.operators):
        assert names == sorted(names)
