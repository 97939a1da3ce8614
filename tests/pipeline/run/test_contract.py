"""Months of OpenRouter's OpenAPI document, fetched over real HTTP: a change is an event once, what is broken a warning."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import stamina

from pipeline import store
from pipeline.failures import PermanentFailure, PipelineFailure
from pipeline.landing import Landing
from pipeline.load import loading
from pipeline.load.report import describe_refusal
from pipeline.run.session import Workspace
from pipeline.series import BY_NAME
from pipeline.settings import Settings
from pipeline.simulator.server import SimulatedResponse, Simulator
from tests import support
from tests.failures.troubles import Change, body, status, tampered, web_page
from tests.support import instant, settings_for

DAILY = "/datasets/rankings-daily"
MONTHS = [instant(f"2026-{month:02}-03T06:30") for month in (1, 2, 3)]
NEEDED = support.needed_for(["marts.events"])
TABLES = [name for name in support.build_order() if name in NEEDED or name == "events_as_of"]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(tmp_path, simulated=True)


def fetch(settings: Settings, now: datetime, change: Change | None = None) -> list[str]:
    """Fetch the document and load it. Returns the warnings of the load."""
    tamper = tampered({"contract": change}) if change else None
    with Workspace(
        settings, clock=lambda: now, simulator=Simulator(clock=lambda: now, tamper=tamper)
    ).running() as workspace:
        workspace.ask(BY_NAME["contract"].request())
    files = store.Store(settings.data_dir)
    with files.writer() as con:
        report = loading.load(con, Landing(settings.data_dir), run_id=now.isoformat())
        return [describe_refusal(row) for row in report.unresolved]


def events(settings: Settings) -> list[dict[str, Any]]:
    """The events of what is published now."""
    files = store.Store(settings.data_dir)
    with files.writer() as con:
        support.build_tables(files, con, TABLES)
        return store.rows(con, "from marts.events order by event_id")


def of_category(change: Callable[[list[str]], object]) -> Change:
    """Other categories than the document lists."""

    def spoil(document: Any) -> None:
        parameters = document["paths"][DAILY]["get"]["parameters"]
        (category,) = (one for one in parameters if one["name"] == "category")
        change(category["schema"]["enum"])

    return body(spoil)


def without_a_field(document: Any) -> None:
    row = document["components"]["schemas"]["DatasetsRankingsDailyResponse"]["properties"]["data"]
    del row["properties"]["total_tokens"]
    row["required"].remove("total_tokens")


def test_a_category_that_is_documented_in_the_second_month_is_one_event(settings: Settings) -> None:
    """Before there is none, and after it stays the same one."""
    gaming = of_category(lambda categories: categories.append("gaming"))
    assert fetch(settings, MONTHS[0]) == []
    assert events(settings) == []
    assert fetch(settings, MONTHS[1], gaming) == []
    [event] = events(settings)
    assert event["title"] == f"OpenRouter documents a new category: gaming, for {DAILY}"
    assert event["known_from"] == MONTHS[1]
    assert fetch(settings, MONTHS[2], gaming) == []
    assert [one["event_id"] for one in events(settings)] == [event["event_id"]]


def test_a_field_that_goes_is_one_event(settings: Settings) -> None:
    """It was required, too: that goes without saying."""
    fetch(settings, MONTHS[0])
    fetch(settings, MONTHS[1], body(without_a_field))
    [event] = events(settings)
    assert event["title"] == f"OpenRouter no longer documents the field: data.total_tokens, of {DAILY}"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (web_page, "the response is a web page"),
        (body(lambda document: document.update(paths={})), "has none of the endpoints"),
        (body(lambda document: document["components"].update(schemas={})), "what the document says of"),
    ],
)
def test_a_broken_document_is_one_warning_and_no_event(settings: Settings, change: Change, reason: str) -> None:
    """The one before stays what is known; the next good one settles it."""
    fetch(settings, MONTHS[0])
    warnings = fetch(settings, MONTHS[1], change)
    [warning] = warnings
    assert "contract" in warning
    assert reason in warning
    assert events(settings) == []
    assert fetch(settings, MONTHS[2]) == []


def test_a_document_that_is_not_there_is_said_in_one_line(settings: Settings) -> None:
    with pytest.raises(PermanentFailure, match=r"openapi\.json.* 404") as caught:
        fetch(settings, MONTHS[0], status(404))
    assert len(str(caught.value).splitlines()) == 1
    assert not caught.value.stops_asking


@pytest.mark.parametrize(("change", "is_due"), [(None, False), (status(404), False), (web_page, False), (status(503), True)])
def test_it_is_requested_once_a_month_whatever_came(settings: Settings, change: Change | None, is_due: bool) -> None:
    """What is not there, or cannot be read, is one warning a month; what may pass is requested by the next run again."""
    now, tamper = MONTHS[0], tampered({"contract": change} if change else {})
    with stamina.set_testing(True, attempts=1):
        for planned_at, expected in ((now, True), (now + timedelta(days=20), is_due), (MONTHS[1], True)):
            source = Simulator(clock=lambda: now, limits=None, tamper=tamper)
            with Workspace(settings, clock=partial(max, planned_at, now), simulator=source).running() as workspace:
                due = [span for span in workspace.plan(planned_at.date()) if span.series.name == "contract"]
                assert bool(due) == expected, planned_at
                if planned_at == now:
                    with suppress(PipelineFailure):
                        workspace.ask(due[0].request())


def test_no_key_is_sent_for_it(settings: Settings) -> None:
    """Nor does it take a request of the key's budget."""
    headers: list[dict[str, str]] = []

    class Heard(Simulator):
        def respond(self, method: str, path: str, query: Any, sent: Any) -> SimulatedResponse:
            headers.append(dict(sent))
            return super().respond(method, path, query, sent)

    source = Heard(clock=lambda: MONTHS[0])
    with Workspace(settings, clock=lambda: MONTHS[0], simulator=source).running() as workspace:
        workspace.ask(BY_NAME["contract"].request())
    assert [one.path for one in source.requests] == ["/openapi.json"]
    assert "authorization" not in {name.lower() for name in headers[0]}
    [(_, landed)] = [*Landing(settings.data_dir).responses_of("/openapi.json")]
    assert landed.endpoint == "/openapi.json"
