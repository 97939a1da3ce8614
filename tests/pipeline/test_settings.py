"""The environment, read once: what wins, what is made absolute, and what is never shown."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from pipeline import settings
from pipeline.failures import PermanentFailure
from pipeline.settings import DEFAULT_BASE_URL, DataDir, Settings

KEY = "sk-or-v1-of-a-test"
VARIABLES = (
    settings.DATA_DIR_VARIABLE,
    settings.KEY_VARIABLE,
    settings.BASE_URL_VARIABLE,
    settings.UNLIMITED_VARIABLE,
    settings.PUBLIC_URL_VARIABLE,
)


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project root of the test's own, and nothing of the user's environment."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(settings, "HOME", tmp_path)
    return tmp_path


def test_defaults() -> None:
    """With nothing set: the real source, the project's own folder, no key, limits kept."""
    loaded = Settings.load()
    assert loaded.base_url == DEFAULT_BASE_URL
    assert loaded.data_dir.path == settings.HOME / "warehouse" / "data"
    assert loaded.api_key is None
    assert not loaded.is_unlimited
    assert loaded.mode == "keyless"


def test_the_file_is_read_and_the_environment_wins(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`.env` in the project's root is read, and a variable that is set goes before it."""
    (root / ".env").write_text(f"{settings.KEY_VARIABLE}=from-file\n{settings.BASE_URL_VARIABLE}=http://localhost:1/file\n")
    assert Settings.load().api_key == "from-file"
    monkeypatch.setenv(settings.KEY_VARIABLE, KEY)
    loaded = Settings.load()
    assert (loaded.api_key, loaded.base_url) == (KEY, "http://localhost:1/file")
    assert os.environ[settings.KEY_VARIABLE] == KEY
    assert settings.BASE_URL_VARIABLE not in os.environ


@pytest.mark.parametrize("in_file", [False, True])
@pytest.mark.parametrize(("text", "key"), [("", None), ("  ", None), (f" {KEY}\n", KEY)])
def test_a_blank_key_is_no_key(
    root: Path, monkeypatch: pytest.MonkeyPatch, text: str, key: str | None, in_file: bool
) -> None:
    """An empty variable means that there is no key, also where the file has one; blanks around one are a slip of pasting."""
    if in_file:
        (root / ".env").write_text(f"{settings.KEY_VARIABLE}=from-file\n")
    monkeypatch.setenv(settings.KEY_VARIABLE, text)
    assert Settings.load().api_key == key


def test_the_key_is_never_shown(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Settings can be printed, formatted and logged without giving the key away, also after it was used."""
    monkeypatch.setenv(settings.KEY_VARIABLE, KEY)
    loaded = Settings.load()
    assert loaded.api_key == KEY
    with caplog.at_level(logging.INFO):
        logging.getLogger("test").info("%s %r", loaded, loaded)
    for text in (repr(loaded), str(loaded), f"{loaded}", repr([loaded]), caplog.text):
        assert KEY not in text
    assert "mode=live" in repr(loaded)


def test_values_are_read_strictly(monkeypatch: pytest.MonkeyPatch) -> None:
    """A base URL ends without a slash, as paths begin with one; nothing but `1` lifts the limits, which protect a key."""
    for slashes in ("", "/", "//"):
        monkeypatch.setenv(settings.BASE_URL_VARIABLE, f"http://localhost:8000/api/v1{slashes}")
        assert Settings.load().base_url == "http://localhost:8000/api/v1"
    for value in ("", "0", "true", "yes", "1"):
        monkeypatch.setenv(settings.UNLIMITED_VARIABLE, value)
        assert Settings.load().is_unlimited == (value == "1")


def test_the_data_directory_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative folder, or one in the home directory, is the same one wherever a later step runs."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv(settings.DATA_DIR_VARIABLE, "../data")
    assert Settings.load().data_dir.path == tmp_path / "data"
    assert Settings.load(Path("other")).data_dir.path == tmp_path / "work" / "other"
    assert Settings.load(Path("~/mine")).data_dir.path == tmp_path / "home" / "mine"


def test_what_is_chosen_goes_before_the_environment_and_is_handed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder named on the command line wins, and processes started from here find the same one."""
    for name in (settings.DATA_DIR_VARIABLE, "DAGSTER_HOME", "DAGSTER_DISABLE_TELEMETRY"):
        monkeypatch.setenv(name, "before")
    loaded = Settings.load(tmp_path / "chosen")
    loaded.export()
    assert Settings.load().data_dir == loaded.data_dir == DataDir(tmp_path / "chosen")
    assert Path(os.environ["DAGSTER_HOME"]).parent == tmp_path / "chosen"
    assert os.environ["DAGSTER_DISABLE_TELEMETRY"] == "1"


def test_a_directory_is_marked_for_good(tmp_path: Path) -> None:
    """A marked directory says so in words, to every later process, and marking it again changes nothing."""
    data_dir = DataDir(tmp_path / "new" / "demo")
    assert not data_dir.is_simulated
    data_dir.mark_simulated()
    written = data_dir.marker.read_text()
    data_dir.mark_simulated()
    assert data_dir.marker.read_text() == written
    assert "None of it is OpenRouter's data" in written
    assert Settings.load(data_dir.path).mode == "demo"


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://example.org/openrouter/", "https://example.org/openrouter"),
        (" http://127.0.0.1:8000 ", "http://127.0.0.1:8000"),
        ("", None),
    ],
)
def test_public_address_has_no_slash_at_its_end(monkeypatch: pytest.MonkeyPatch, url: str, kept: str | None) -> None:
    """Files are put behind it: with or without a slash at its end it is the same address; empty is unset."""
    monkeypatch.setenv(settings.PUBLIC_URL_VARIABLE, url)
    loaded = Settings.load()
    assert loaded.public_url == kept
    assert loaded.public_address("feed.xml") == (f"{kept}/feed.xml" if kept else "feed.xml")


@pytest.mark.parametrize(
    "url",
    ["example.org", "ftp://example.org", "https://", "https://me:secret@example.org", "https://example.org/?a",
     "https://a b", "https://example.org/#top", "https://example.org:port/", "javascript:alert(1)", "https://[x"],
)  # fmt: skip
def test_an_address_that_cannot_be_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """One line that says what is expected; a password in it is not repeated."""
    monkeypatch.setenv(settings.PUBLIC_URL_VARIABLE, url)
    with pytest.raises(
        PermanentFailure, match=r"OPENROUTER_USAGE_PUBLIC_URL is not a valid address: expected https://"
    ) as no:
        Settings.load()
    assert "secret" not in str(no.value)
    assert "\n" not in str(no.value)
