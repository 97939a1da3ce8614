"""A file that is replaced is the old one or the new one, whole, whatever happens in between."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline import durable
from pipeline.failures import TransientFailure


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "it.json"
    path.write_bytes(b"old")
    return path


def names(path: Path) -> list[str]:
    return sorted(one.name for one in path.parent.iterdir())


def test_a_file_is_replaced_whole(path: Path) -> None:
    durable.write(path, b"new")
    assert (path.read_bytes(), names(path)) == (b"new", ["it.json"])


@pytest.mark.parametrize(("owner", "name"), [(Path, "write_bytes"), (os, "fsync"), (Path, "replace")])
def test_a_full_disk_leaves_the_old_file_and_one_clear_error(
    path: Path, monkeypatch: pytest.MonkeyPatch, owner: object, name: str
) -> None:
    def no_space(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, no_space)
        with pytest.raises(TransientFailure) as failed:
            durable.write(path, b"new", kept="the old one is intact")
    assert str(failed.value) == (
        f"writing {path} failed (No space left on device): free disk space or check the disk, then run again; "
        "the old one is intact"
    )
    assert (path.read_bytes(), names(path)) == (b"old", ["it.json"])


@pytest.mark.parametrize("step", ["os.fsync", "pathlib.Path.replace"])
def test_a_writer_killed_between_steps_leaves_the_old_file(path: Path, step: str) -> None:
    """And the next one, where a lock keeps others away, takes over what it left."""
    script = (
        f"import os, pathlib; from pipeline import durable; {step} = lambda *_: os._exit(9); "
        f"durable.write(pathlib.Path({str(path)!r}), b'new', is_alone=True)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 9
    assert (path.read_bytes(), names(path)) == (b"old", [".it.json.tmp", "it.json"])
    durable.write(path, b"newer", is_alone=True)
    assert (path.read_bytes(), names(path)) == (b"newer", ["it.json"])


def test_an_interrupted_block_leaves_the_old_file(path: Path) -> None:
    def interrupted() -> None:
        with durable.replacing(path) as temporary:
            temporary.write_bytes(b"ne")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert (path.read_bytes(), names(path)) == (b"old", ["it.json"])
