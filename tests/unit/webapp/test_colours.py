"""Text and lines can be seen: what the style sheet puts on a ground has the contrast of WCAG AA."""

from __future__ import annotations

import re

import pytest

from webapp.formats import STATIC

PAIRS = [
    *[(ink, ground) for ink in ("ink", "soft", "accent", "signal") for ground in ("ground", "surface")],
    *[(tone, f"{tone}-ground") for tone in ("good", "part", "bad", "wait")],
    *[("ink", f"{tone}-ground") for tone in ("part", "bad", "wait")],
    *[(name, ground) for name in ("bad", "part", "good") for ground in ("surface", "ground")],
    ("ink", "sunken"),
    ("soft", "sunken"),
    ("accent", "sunken"),
    ("accent", "bad-ground"),
    ("accent-ink", "accent"),
    ("part", "marked"),
    *[
        (f"code-{name}", ground)
        for name in ("keyword", "string", "number", "comment", "name", "builtin")
        for ground in ("surface", "sunken", "marked")
    ],
]


def colours(scheme):
    blocks = re.findall(r":root \{(.*?)\n\s*\}", (STATIC / "portal.css").read_text(), re.DOTALL)
    read = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)) for block in blocks]
    return read[0] if scheme == "light" else {**read[0], **read[1]}


def luminance(colour):
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ratio(palette, ink, ground):
    light, dark = sorted((luminance(palette[ink]), luminance(palette[ground])), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_pair_of_colours_has_enough_contrast(scheme):
    palette = colours(scheme)
    found = {f"{ink} on {ground}": round(ratio(palette, ink, ground), 2) for ink, ground in PAIRS}
    assert {pair: contrast for pair, contrast in found.items() if contrast < 4.5} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_line_of_a_picture_stands_out_from_its_ground(scheme):
    palette = colours(scheme)
    lines = [f"{role}{number}" for role in ("yours", "reference", "other") for number in ("", "-2", "-3")]
    found = {line: round(ratio(palette, line, "surface"), 2) for line in lines}
    assert {line: contrast for line, contrast in found.items() if contrast < 3} == {}
