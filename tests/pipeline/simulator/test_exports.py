"""The simulated exports: dated files that never change, and the documented 404."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

import pytest

from pipeline.openrouter.endpoints.exports import MOST_BYTES
from pipeline.simulator.server import SimulatedResponse, Simulator
from tests.support import instant

NOW = instant("2026-10-08T06:30")
EXPORTS = "/api/v1/datasets/exports/"


def get(name: str, now: datetime = NOW, method: str = "GET") -> SimulatedResponse:
    return Simulator(clock=lambda: now).respond(method, f"{EXPORTS}{name}", {}, {})


def said(name: str, now: datetime = NOW) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(get(name, now).body)
    return found


def days_of(body: bytes) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for row in csv.DictReader(io.StringIO(body.decode("ascii"), newline="")):
        found[row["date"]][row["model_permaslug"]] = int(row["total_tokens"])
    return dict(found)


def test_a_file_holds_what_the_api_would_have_said_when_it_was_published() -> None:
    """Thirty days up to the one before, with the figures of 01:46 UTC, although it is fetched later."""
    file = days_of(get("rankings-daily/2026-10-08.csv", NOW + timedelta(days=20)).body)
    at = instant("2026-10-08T01:46:15.433")
    query = {"start_date": "2026-09-08", "end_date": "2026-10-07"}
    key = {"authorization": "Bearer any"}
    api = json.loads(Simulator(clock=lambda: at).respond("GET", "/api/v1/datasets/rankings-daily", query, key).body)
    asked: dict[str, dict[str, int]] = defaultdict(dict)
    for row in api["data"]:
        asked[row["date"]][row["model_permaslug"]] = int(row["total_tokens"])
    assert file == asked
    assert len(file) == 30


def test_manifest_describes_its_file() -> None:
    manifest = said("rankings-daily/2026-10-08.manifest.json")
    body, file = get("rankings-daily/2026-10-08.csv").body, manifest["files"]["csv"]
    assert (file["bytes"], file["sha256"]) == (len(body), hashlib.sha256(body).hexdigest())
    assert len(body) < MOST_BYTES
    assert file["url"].endswith(f"{EXPORTS}rankings-daily/2026-10-08.csv")
    assert manifest["row_count"] == 1530
    assert manifest["snapshot_date"] == "2026-10-08"


def test_snapshots_restate_each_other() -> None:
    """The newest days of one snapshot are still revised by the next: a demo shows it."""
    first, second = (days_of(get(f"rankings-daily/2026-10-0{day}.csv").body) for day in (7, 8))
    both = sorted(first.keys() & second.keys())
    assert len(both) == 29
    assert [day for day in both if first[day] != second[day]]
    assert all(first[day] == second[day] for day in both[:-3])


@pytest.mark.parametrize(
    ("name", "now"),
    [
        ("rankings-daily/2026-09-18.csv", NOW),
        ("rankings-daily/2026-10-09.csv", NOW),
        ("rankings-daily/2026-10-08.csv", instant("2026-10-08T01:46")),
        ("rankings-daily/2026-10-32.csv", NOW),
        ("rankings-daily/2026-10-08.xml", NOW),
        ("rankings-daily/latest.csv", NOW),
        ("benchmark-runs/2026-10-08.csv", NOW),
        ("index.json", instant("2026-09-19T01:46")),
    ],
)
def test_what_does_not_exist_is_a_404(name: str, now: datetime) -> None:
    response = get(name, now)
    assert response.status == 404
    assert json.loads(response.body) == {"error": {"message": "Export not found", "code": 404}}


def test_it_is_read_only() -> None:
    assert get("index.json", method="POST").status == 405
    assert get("index.json").headers["X-Simulated"] == "1"
