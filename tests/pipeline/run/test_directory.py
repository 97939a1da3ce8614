"""Which directory a command works in where none was named, and how it says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import settings
from pipeline.landing import Landing
from pipeline.run.directory import Purpose, choose
from pipeline.settings import DataDir
from tests.support import block_rows, instant, land_blocks

KEY = "sk-or-v1-of-a-test"
PURPOSES: tuple[Purpose, ...] = ("fetch", "read", "bring")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without a key and without data, on which one stands in the project's folder."""
    for name in (settings.DATA_DIR_VARIABLE, settings.KEY_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(settings, "ROOT", tmp_path)
    monkeypatch.setattr(settings, "WAREHOUSE", tmp_path / "warehouse")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def publish_demo() -> None:
    demo = settings.demo_dir()
    demo.mark_simulated()
    demo.published.touch()


def fetched(path: Path) -> None:
    day = instant("2026-02-01T00:00").date()
    land_blocks(Landing(DataDir(path)), {day: block_rows()}, at=instant("2026-02-05T06:30"))


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_directory_that_was_named_wins(here: Path, monkeypatch: pytest.MonkeyPatch, purpose: Purpose) -> None:
    """The option goes before the environment, either before everything else, and neither needs words."""
    publish_demo()
    monkeypatch.setenv(settings.DATA_DIR_VARIABLE, str(here / "by-environment"))
    assert choose(purpose=purpose).settings.data_dir.path == here / "by-environment"
    named = choose(here / "by-option", demo=True, purpose=purpose)
    assert (named.settings.data_dir.path, named.note) == (here / "by-option", "")


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_key_means_real_data(here: Path, monkeypatch: pytest.MonkeyPatch, purpose: Purpose) -> None:
    """With a key every command is of warehouse/data, before its first run too; a demo beside it is pointed at."""
    monkeypatch.setenv(settings.KEY_VARIABLE, KEY)
    chosen = choose(purpose=purpose)
    assert (chosen.settings.data_dir.path, chosen.note) == (here / "warehouse/data", "data directory: warehouse/data")
    publish_demo()
    assert choose(purpose=purpose).note == "data directory: warehouse/data (the demo is in warehouse/demo)"


@pytest.mark.parametrize("purpose", ["fetch", "read"])
def test_without_a_key_and_real_data_it_is_the_demo(here: Path, purpose: Purpose) -> None:
    """What `run` writes on a fresh clone is what every other command reads, and why is said."""
    chosen = choose(purpose=purpose)
    assert chosen.settings.data_dir.path == here / "warehouse/demo"
    assert chosen.note == "data directory: warehouse/demo (simulated: OPENROUTER_API_KEY is not set)"


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_key_that_got_lost_does_not_lead_to_the_demo(here: Path, purpose: Purpose) -> None:
    """Where real responses were fetched every command stays with them, and the demo is pointed at."""
    fetched(here / "warehouse/data")
    publish_demo()
    chosen = choose(purpose=purpose)
    assert chosen.settings.data_dir.path == here / "warehouse/data"
    assert chosen.note == "data directory: warehouse/data (the demo is in warehouse/demo)"


def test_real_responses_from_elsewhere_never_go_to_the_demo(here: Path) -> None:
    """Import and restore bring real responses, also on a machine that has only the demo."""
    publish_demo()
    assert choose(purpose="bring").settings.data_dir.path == here / "warehouse/data"


@pytest.mark.parametrize("purpose", ["fetch", "read"])
def test_simulated_responses_are_never_taken_for_real(here: Path, purpose: Purpose) -> None:
    """Also where the demo was restored into warehouse/data by name."""
    data = DataDir(here / "warehouse/data")
    data.mark_simulated()
    fetched(data.path)
    assert choose(purpose=purpose).settings.data_dir.path == here / "warehouse/demo"


def test_the_demo_can_be_asked_for_beside_real_data(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--demo wins over the key, and the line says where the real data is."""
    monkeypatch.setenv(settings.KEY_VARIABLE, KEY)
    fetched(here / "warehouse/data")
    chosen = choose(demo=True, purpose="fetch")
    assert chosen.settings.data_dir.path == here / "warehouse/demo"
    assert chosen.note == "data directory: warehouse/demo (simulated; real responses are in warehouse/data)"


def test_a_path_is_shown_as_it_can_be_typed(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen from another folder the path is whole."""
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")
    assert f"data directory: {here}/warehouse/demo" in choose().note


def test_a_folder_that_may_not_be_entered_is_no_hindrance(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Started from a folder that is gone the path is whole, too."""

    def gone() -> Path:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "cwd", gone)
    assert f"data directory: {here}/warehouse/demo" in choose().note
