"""What git says of the code: the commit, and what was changed since.

Belongs here: asking git. Not here: the version (``program``), which is also known where there is no git.
"""

from __future__ import annotations

import subprocess

from pipeline.settings import IS_CHECKOUT, ROOT


def git(*arguments: str) -> str | None:
    """What git prints in the project's root; None outside a checkout, or without git."""
    if not IS_CHECKOUT:
        return None  # the folder of an installed wheel may be in another project's checkout
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments, no shell
            ["git", *arguments],  # noqa: S607 - the user's git, wherever it is
            cwd=ROOT, capture_output=True, text=True, timeout=10, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def commit() -> str | None:
    """The commit of the code, with ``+`` where tracked files were changed since; None outside a checkout."""
    found = git("rev-parse", "HEAD")
    if not found:
        return None
    return found + ("+" if git("status", "--porcelain", "--untracked-files=no") else "")
