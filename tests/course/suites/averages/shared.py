"""What the checks of this suite share, imported by its bare name: the folder need not be a package."""

from __future__ import annotations

NUMBERS = (1.0, 3.0, -4.0, 10.0)
