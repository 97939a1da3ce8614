"""Which directory a command works in where none was named, and how it says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import settings
from pipeline.run.directory import choose

KEY = "sk-or-v1-of-a-test"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without a key and without data, on which one stands in the project's folder."""
    for name in (settings.DATA_DIR_VARIABLE, settings.KEY_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(settings, "HOME", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def publish_demo() -> None:
    demo = settings.demo_dir()
    demo.mark_simulated()
    demo.published.touch()


def test_a_directory_that_was_named_wins(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The option goes before the environment, either before everything else, and neither needs words."""
    publish_demo()
    monkeypatch.setenv(settings.DATA_DIR_VARIABLE, str(here / "by-environment"))
    assert choose().settings.data_dir.path == here / "by-environment"
    named = choose(here / "by-option", demo=True)
    assert (named.settings.data_dir.path, named.note) == (here / "by-option", "")


@pytest.mark.parametrize("key", [None, KEY])
def test_without_a_name_it_is_real_data(here: Path, monkeypatch: pytest.MonkeyPatch, key: str | None) -> None:
    """With a key and without one, before the first run too; a demo beside it is pointed at, and never taken for it."""
    if key:
        monkeypatch.setenv(settings.KEY_VARIABLE, key)
    chosen = choose()
    assert (chosen.settings.data_dir.path, chosen.note) == (here / "warehouse/data", "data directory: warehouse/data")
    assert chosen.settings.mode == ("live" if key else "keyless")
    publish_demo()
    assert choose().note == "data directory: warehouse/data (the demo is in warehouse/demo)"


@pytest.mark.parametrize("key", [None, KEY])
def test_the_demo_is_there_when_asked_for(here: Path, monkeypatch: pytest.MonkeyPatch, key: str | None) -> None:
    """--demo wins over a key."""
    if key:
        monkeypatch.setenv(settings.KEY_VARIABLE, key)
    chosen = choose(demo=True)
    assert chosen.settings.data_dir.path == here / "warehouse/demo"
    assert chosen.note == "data directory: warehouse/demo (simulated)"


def test_a_path_is_shown_as_it_can_be_typed(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen from another folder, or from one that is gone, the path is whole."""
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")
    assert f"data directory: {here}/warehouse/data" in choose().note

    def gone() -> Path:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "cwd", gone)
    assert f"data directory: {here}/warehouse/data" in choose().note
