"""Text can be read: every pair of ink and ground that the style sheet uses has the contrast of WCAG AA."""

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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_pair_of_colours_has_enough_contrast(scheme):
    palette = colours(scheme)
    weak = {}
    for ink, ground in PAIRS:
        light, dark = sorted((luminance(palette[ink]), luminance(palette[ground])), reverse=True)
        ratio = (light + 0.05) / (dark + 0.05)
        if ratio < 4.5:
            weak[f"{ink} on {ground}"] = round(ratio, 2)
    assert weak == {}
