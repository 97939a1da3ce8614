"""Months of OpenRouter's OpenAPI document, fetched over real HTTP: once a month, without a key, and what is broken warns.

Not here: which events follow from it (``warehouse.test_documented_api``).
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import stamina

from pipeline import store
from pipeline.failures import PipelineFailure
from pipeline.landing import Landing
from pipeline.load import loading
from pipeline.load.report import describe_refusal
from pipeline.run.session import Workspace
from pipeline.series import BY_NAME
from pipeline.settings import Settings
from pipeline.simulator.server import Simulator
from tests import support
from tests.failures.troubles import Change, body, status, tampered, web_page
from tests.support import Heard, instant, settings_for

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
    source = Heard(clock=lambda: MONTHS[0])
    with Workspace(settings, clock=lambda: MONTHS[0], simulator=source).running() as workspace:
        workspace.ask(BY_NAME["contract"].request())
    [(path, _, headers)] = source.heard
    assert path.endswith("/openapi.json")
    assert "authorization" not in headers
    [(_, landed)] = [*Landing(settings.data_dir).responses_of("/openapi.json")]
    assert landed.endpoint == "/openapi.json"
