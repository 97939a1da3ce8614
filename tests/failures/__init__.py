"""How systems like this one have failed, by number: each is refused or survived here, as it would come from the source.

The numbers are those of the catalogue of failures. A test is named after the number it is for (``test_f17_…``); F5 to F8
are one. ``python -m tests.failures`` runs them all and counts.
"""

from __future__ import annotations

import re
from pathlib import Path


def numbers_of(name: str) -> set[int]:
    """The numbers of the catalogue that a test is for, by its name; none where it is for the suite itself."""
    found = re.match(r"test_f(\d\d)(?:_to_f(\d\d))?_", name)
    return set(range(int(found[1]), int(found[2] or found[1]) + 1)) if found else set()


def declared_numbers() -> set[int]:
    """The numbers that have a test in this folder."""
    texts = [path.read_text() for path in Path(__file__).parent.glob("test_*.py")]
    names = [name for text in texts for name in re.findall(r"^def (test_\w+)", text, re.MULTILINE)]
    return {number for name in names for number in numbers_of(name)}
