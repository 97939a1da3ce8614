"""Write a file whole or not at all: a temporary name, sync, rename.

Belongs here: replacing one file. Not here: what is written, and sweeping up after killed writers.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.failures import TransientFailure


def full_disk(doing: str, error: OSError, kept: str) -> TransientFailure:
    """The failure to raise where the disk takes no more. ``kept`` says what is intact."""
    return TransientFailure(
        f"{doing} failed ({error.strerror}): free disk space or check the disk, then run again; {kept}", stops_asking=True
    )


def sync(path: Path) -> None:
    """Have a file or folder written down, so that a power cut does not leave it empty."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path, *, kept: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise full_disk(f"making {folder}", error, kept) from error


@contextmanager
def replacing(
    path: Path, *, doing: str = "writing", kept: str = "the file before it is unchanged", is_alone: bool = False
) -> Iterator[Path]:
    """The temporary path to write; when the block ends well it is synced and takes ``path``'s place at once.

    Raises TransientFailure where the disk refuses. ``is_alone``: a lock keeps other writers away, so what a killed one left
    is written over.
    """
    temporary = path.with_name(f".{path.name}.tmp" if is_alone else f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        sync(temporary)
        temporary.replace(path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise full_disk(f"{doing} {path}", error, kept) from error
        raise


def write(path: Path, content: bytes, *, kept: str = "the file before it is unchanged", is_alone: bool = False) -> None:
    """Replace the file's content."""
    with replacing(path, kept=kept, is_alone=is_alone) as temporary:
        temporary.write_bytes(content)
