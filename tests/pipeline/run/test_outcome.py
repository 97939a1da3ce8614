"""What a run reports of requests, checks and age: each fact once, and none of them as another."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from dagster import MetadataValue

from pipeline.openrouter.endpoints.exports import EXPORTED
from pipeline.run.findings import AGE_CHECKS, Fetch, Finding, as_metadata
from pipeline.run.outcome import Outcome, read_outcome
from tests.support import settings_for

DNS = "the host name is unknown: check the DNS settings of this machine"


@dataclass
class Severity:
    value: str = "WARN"


@dataclass
class Check:
    """An evaluation of a check, as Dagster has it."""

    check_name: str
    passed: bool
    metadata: dict[str, Any] = field(default_factory=dict)
    severity: Severity = field(default_factory=Severity)


@dataclass
class Event:
    asset_check_evaluation_data: Check
    event_type_value: str = "ASSET_CHECK_EVALUATION"


def outcome_of(path: Path, *checks: Check) -> Outcome:
    settings = settings_for(path, api_key=None)
    return read_outcome(settings, "import_recorded", "run", [Event(check) for check in checks], succeeded=True)


def fetched(*fetches: Fetch) -> Check:
    metadata = {Fetch.name: MetadataValue.json(as_metadata(fetches))}
    return Check("optional_series_are_fetched", not any(one.failure for one in fetches), metadata)


def failed(check: str, asset: str, cause: str) -> Check:
    return Check(check, False, {Finding.name: MetadataValue.json(as_metadata([Finding(check, asset, cause, [])]))})


def unreached(series: str, host: str, tried: int, why: str = DNS) -> Fetch:
    return Fetch(series, 0, 1, failure=f"cannot reach {host}: {why}; tried {tried} times, run again later", unreachable=host)


def test_sources_that_fail_for_one_reason_are_one_warning(tmp_path: Path) -> None:
    """However often each was tried; another reason is another line."""
    of_one = [unreached("contract", "openrouter.ai", 4), unreached(EXPORTED, "openrouter.ai", 2)]
    done = outcome_of(tmp_path, fetched(*of_one, unreached("gateway_day/labs", "vercel.com", 4)))
    assert done.warnings == [f"cannot reach openrouter.ai and vercel.com: {DNS}"]
    assert done.unreachable == ["openrouter.ai", "vercel.com"]
    other = outcome_of(tmp_path, fetched(*of_one, unreached("gateway_day/labs", "vercel.com", 4, "it is down")))
    assert other.warnings == [f"cannot reach openrouter.ai: {DNS}", "cannot reach vercel.com: it is down"]


def test_a_response_that_failed_names_its_series(tmp_path: Path) -> None:
    """The source was reached."""
    done = outcome_of(tmp_path, fetched(Fetch("contract", 1, 1, failure="it returned 404")))
    assert (done.warnings, done.unreachable) == (["not fetched: contract: it returned 404"], [])


@pytest.mark.parametrize("check", AGE_CHECKS)
def test_requests_and_age_are_no_checks_of_the_data(tmp_path: Path, check: str) -> None:
    """What could not be fetched or is old failed no validation."""
    done = outcome_of(
        tmp_path,
        Check("tokens_are_positive", True),
        failed("shares_sum_to_1", "marts/shares", "they do not"),
        failed(check, "landing/usage_day", "usage_day is stale: newest 2026-08-03"),
        fetched(unreached("contract", "openrouter.ai", 4)),
    )
    assert (done.checks_passed, done.checks_failed) == (1, 1)
    assert done.warnings == [
        "check shares_sum_to_1 of marts/shares failed: they do not",
        f"cannot reach openrouter.ai: {DNS}",
        "usage_day is stale: newest 2026-08-03",
    ]
