"""What the program calls itself: its name, and its version as ``--version``, builds, the page and requests have it.

Belongs here: these two. Not here: how git becomes a version (``pyproject.toml``).
"""

from __future__ import annotations

from importlib import metadata
from typing import Final

PROGRAM: Final = "openrouter-usage"


def version() -> str:
    """The version that was installed: from git at that moment, so an editable install has that of its last ``make``."""
    return metadata.version(PROGRAM)
