"""Events are told through the channels of incidents: each once, none of long ago, and no run fails of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline import cli, store
from pipeline import settings as environment
from pipeline.alerts.events import RECENT, announce
from pipeline.alerts.outbox import read_state
from pipeline.settings import DataDir, Settings, Told
from tests import support
from tests.loopback import Webhook, mailbox, webhook
from tests.support import instant, settings_for
from tests.warehouse.readings import M2, Reading, Snapshot, Tables, open_tables, settled_week, week

pytestmark = pytest.mark.made_up_levels

NEEDED = support.needed_for(["marts.events"])
NAMES = [name for name in support.build_order() if name in NEEDED]
FIRST = date(2025, 11, 3)
WEEKS = [str(FIRST + timedelta(days=7 * n)) for n in range(12)]
NOW = instant(f"{WEEKS[-1]}T07:00")
"""The twelfth week runs; ten weeks before it are compared with the one before them."""


def rows(number: int) -> list[support.Row]:
    """M2 and a rival change places each week."""
    high, low = (M2, "a/rival") if number % 2 else ("a/rival", M2)
    return [(high, 500), (low, 200), ("other", 300)]


def history(last: int) -> list[Reading]:
    """The weeks up to this one, all settled."""
    return [settled_week(start, rows(number)) for number, start in enumerate(WEEKS[: last + 1])]


def document(tables: Tables, *categories: str) -> Snapshot:
    """OpenRouter documents what this version knows, and more categories."""
    known = tables.records("from reference.known_api")
    part = {"endpoint": "/datasets/rankings-daily", "documented_part": "value of category"}
    return Snapshot("contract", NOW, (*known, *({**part, "documented_value": one} for one in categories)))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Published files: up to the ninth week, a tenth that is provisional, the same settled, and ten weeks of 39 models."""
    found = {}
    path = tmp_path_factory.mktemp("published")
    many = [(f"a/model-{n:02}", 100 + n) for n in range(40)]

    def publish(tables: Tables, name: str, readings: Sequence[Reading | Snapshot]) -> None:
        tables.build(readings, only=NAMES)
        tables.con.execute("checkpoint")
        found[name] = Path(shutil.copy(DataDir(path).build, path / f"{name}.duckdb"))

    with open_tables(path) as tables:
        publish(tables, "ninth", history(8))
        publish(tables, "provisional", [*history(8), week(WEEKS[9], f"{WEEKS[10]}T06:30", rows(9))])
        publish(tables, "tenth", history(9))
        publish(tables, "many", [*history(8), settled_week(WEEKS[9], [*many, ("other", 10)])])
        publish(tables, "documented", [*history(8), document(tables, "gaming", "cooking")])
    return found


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as found:
        yield found


@pytest.fixture
def told(files: dict[str, Path], tmp_path: Path, hook: Webhook) -> Settings:
    """A directory with the ninth week published, and a webhook."""
    settings = settings_for(tmp_path / "data", told=Told(webhook_url=hook.url))
    settings.data_dir.path.mkdir()
    publish(settings, files["ninth"])
    return settings


def publish(settings: Settings, file: Path) -> None:
    shutil.copy(file, settings.data_dir.published)


def test_history_is_not_told_and_news_once(told: Settings, hook: Webhook, files: dict[str, Path]) -> None:
    """The first look takes what is there as known; what a later week brings is one message, once."""
    for _ in range(2):
        assert announce(told, NOW) == []
    assert hook.texts == []
    publish(told, files["tenth"])
    for _ in range(2):
        assert announce(told, NOW) == []
    [text] = hook.texts
    subject, *lines = text.splitlines()
    assert subject == "openrouter-usage: 3 events"
    assert f"{M2} gains 30.0 percentage points of coding: rank 1 with 50.0 % in the week of 5 January 2026" in text
    assert all("in the week of 5 January 2026" in line for line in lines[:3]), "the weeks before are known"
    assert lines[-2].startswith("Source: OpenRouter (openrouter.ai/rankings), as of ")


def test_provisional_figures_are_told_once_they_are_final(told: Settings, hook: Webhook, files: dict[str, Path]) -> None:
    """Also where they stood there, provisional, when the book was begun; not of long ago, as what a backfill finds."""
    publish(told, files["provisional"])
    announce(told, NOW)
    publish(told, files["tenth"])
    announce(told, NOW + RECENT)
    assert hook.texts == []
    announce(told, NOW)
    assert [text.splitlines()[0] for text in hook.texts] == ["openrouter-usage: 3 events"]


def test_many_events_are_one_bounded_message(told: Settings, hook: Webhook, files: dict[str, Path]) -> None:
    """Fifteen lines with the citations of their figures, and how many more there are; none of them comes again."""
    announce(told, NOW)
    publish(told, files["many"])
    for _ in range(2):
        announce(told, NOW)
    [text] = hook.texts
    count = int(text.split()[1])
    assert count > 15
    assert f"… and {count - 15} more: marts.events holds them all" in text
    assert sum(line.startswith("Source: ") for line in text.splitlines()) == 2
    assert len(text.splitlines()) == 21


def test_what_openrouter_documents_is_reported_once_with_what_to_do(
    told: Settings, hook: Webhook, files: dict[str, Path]
) -> None:
    """One line for each difference, and once where it is said what to do about them."""
    announce(told, NOW)
    publish(told, files["documented"])
    for _ in range(2):
        announce(told, NOW)
    [text] = hook.texts
    subject, *lines = text.splitlines()
    assert subject == "openrouter-usage: 2 events"
    assert lines[:2] == [
        f"OpenRouter documents a new category: {one}, for /datasets/rankings-daily" for one in ("cooking", "gaming")
    ]
    assert [line for line in lines if "docs/extend.md" in line] == lines[2:3]


def test_each_channel_has_its_own_book(told: Settings, hook: Webhook, files: dict[str, Path]) -> None:
    """A mail server that is down keeps nobody else waiting; a channel that is new is not told of what was before it."""
    announce(told, NOW)
    publish(told, files["tenth"])
    with mailbox() as box:
        both = settings_for(
            told.data_dir.path, told=Told(webhook_url=hook.url, email_to="one@example.org", smtp_url=box.url)
        )
        assert announce(both, NOW) == []
        assert len(hook.texts) == 1
        assert box.mails == []
        publish(told, files["many"])
        assert announce(both, NOW) == []
        assert (len(hook.texts), len(box.mails)) == (2, 1)


def test_run_that_is_killed_after_sending_tells_at_most_once_more(
    told: Settings, hook: Webhook, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The book is written after the message: rather twice than never, and whole whenever it is read."""
    announce(told, NOW)
    before = told.data_dir.alerts.read_bytes()
    publish(told, files["tenth"])
    announce(told, NOW)
    told.data_dir.alerts.write_bytes(before)  # as a kill between the two leaves it
    told.data_dir.alerts.with_suffix(".tmp").write_text('{"webh')
    for _ in range(2):
        announce(told, NOW)
    assert len(hook.texts) == 2


@pytest.mark.parametrize("content", ["", '{"incidents": [], "sent": {"webhook": {"x": "2026-01-01"}}}'])
def test_a_lost_book_is_begun_anew_in_silence(told: Settings, hook: Webhook, files: dict[str, Path], content: str) -> None:
    """Nobody is flooded because a file was damaged: what is there counts as known, and the run says so."""
    announce(told, NOW)
    told.data_dir.alerts.write_text(content)
    [warning] = announce(told, NOW)
    assert (
        "could not be read and is replaced: what is open may be sent again, events since the last check are not sent"
        in warning
    )
    assert hook.texts == []
    publish(told, files["tenth"])
    assert announce(told, NOW) == []
    assert len(hook.texts) == 1


def test_what_an_earlier_version_sent_is_not_sent_again(told: Settings, hook: Webhook, files: dict[str, Path]) -> None:
    """It wrote events to a file of their own, and an incident's messages beside the incident."""
    announce(told, NOW)
    sent = json.loads(told.data_dir.alerts.read_bytes())["sent"]["webhook"]
    events = {name.removeprefix("event/"): at for name, at in sent.items() if name.startswith("event/")}
    since = "2026-01-01T00:00:00+00:00"
    incident = {"key": "stale/x", "message": "x is old", "is_urgent": True, "since": since, "until": None}
    told.data_dir.alerts.write_text(json.dumps({"incidents": [incident | {"told": {"webhook": "opened"}}]}))
    told.data_dir.path.joinpath("told_events.json").write_text(json.dumps({"webhook": events}))
    state = read_state(told, NOW)
    assert state.warnings == []
    assert state.sent["webhook"].keys() == {"events", f"opened/stale/x/{since}", *(f"event/{one}" for one in events)}
    assert state.incidents[0].name in state.sent["webhook"]
    publish(told, files["tenth"])
    assert announce(told, NOW) == []
    assert len(hook.texts) == 1


def test_the_book_forgets_what_can_no_longer_be_news(told: Settings, hook: Webhook, files: dict[str, Path]) -> None:
    """It does not grow for ever."""
    announce(told, NOW)
    book = json.loads(told.data_dir.alerts.read_bytes())
    sent = book["sent"]["webhook"]
    sent |= {f"event/{days}": (NOW - timedelta(days=days)).isoformat() for days in (69, 71)}
    told.data_dir.alerts.write_text(json.dumps(book))
    publish(told, files["tenth"])
    announce(told, NOW)
    kept = json.loads(told.data_dir.alerts.read_bytes())["sent"]["webhook"]
    assert set(sent) - set(kept) == {"event/71"}
    assert len(set(kept) - set(sent)) == 3


def test_nothing_is_sent_or_kept_unless_somebody_is_to_be_told(files: dict[str, Path], tmp_path: Path) -> None:
    """Without a channel there is no book; before there is a published file neither."""
    settings = settings_for(tmp_path)
    publish(settings, files["tenth"])
    assert announce(settings, NOW) == []
    nothing = settings_for(tmp_path / "nothing", told=Told(webhook_url="http://127.0.0.1:9/x"))
    assert announce(nothing, NOW) == []
    assert not settings.data_dir.alerts.exists()
    assert not nothing.data_dir.path.exists()


def test_a_published_file_of_an_earlier_version_has_no_events(told: Settings, hook: Webhook) -> None:
    """After an upgrade nothing is wrong until a run has published: no warning, and no book is begun on it."""
    with store.connect(told.data_dir.published) as con:
        con.execute("drop table marts.events")
    assert announce(told, NOW) == []
    assert not told.data_dir.alerts.exists()


def test_the_verb_alert_tells_of_events_too(
    told: Settings, hook: Webhook, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever looks by cron hears of both."""
    monkeypatch.setenv(environment.WEBHOOK_VARIABLE, hook.url)
    monkeypatch.setattr("pipeline.run.session.utc_now", lambda: NOW)
    announce(told, NOW)
    publish(told, files["tenth"])
    CliRunner().invoke(cli.main, ["--data-dir", str(told.data_dir.path), "alert"])
    assert [text for text in hook.texts if "3 events" in text.splitlines()[0]]
