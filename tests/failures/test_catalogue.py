"""Every failure of the catalogue by its number: what ours must do when it comes.

What is refused leaves the published file as it was, byte for byte, names its likely cause, is kept, and is made good by the
next good day. The days are told in ``conftest``, what the source does on them in ``troubles``.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from pipeline import store
from pipeline.alerts.freshness import status_of
from pipeline.alerts.incidents import open_now
from pipeline.contracts.tables import TABLES
from pipeline.definitions import build_defs
from pipeline.load.report import PERIOD_CHANGES, is_error
from pipeline.load.validation import run
from pipeline.planning import due, last_closed_day, spans
from pipeline.series import ASKED, BY_NAME
from pipeline.settings import ROOT
from pipeline.simulator.server import Simulator
from tests import support
from tests.failures import declared_numbers, troubles
from tests.failures.conftest import (
    FIRST_DAY,
    M2,
    MOVED,
    NEWCOMER,
    PROGRAMMING,
    REQUIRED,
    STEALTH,
    UNPRICED,
    Answers,
    Day,
    Story,
)
from tests.failures.troubles import on

pytestmark = pytest.mark.without_page

SHARES = re.compile(r"(^|_)share(_|$)")


def kept_and_refused(story: Story, day: Day, series: str, reason: str) -> None:
    """The response is in landing as it came, and in quarantine with the reason, once a good run has published that."""
    refused = story["moved"].rows(
        "select distinct exchange_id from raw.quarantine "
        "where series = $series and retrieved_at = $at and contains(reason, $reason) and row_content = ''",
        series=series,
        at=day.at,
        reason=reason,
    )
    assert refused, f"nothing of {series} was refused for {reason}"
    assert {row["exchange_id"] for row in refused} <= day.landed
    assert all(story.body_of(row["exchange_id"]) for row in refused)


def refused(story: Story, day: Day, series: str, *words: str) -> None:
    """The run fails and names the cause, nothing is published, the response is kept, and a good day makes it good."""
    assert not day.outcome.succeeded
    assert not day.outcome.is_published
    assert day.published == story["good"].published
    assert day.said(f"rejected {series} ", "(required)", f"{day.at:%Y-%m-%d}", *words), day.outcome.failures
    kept_and_refused(story, day, series, words[-1])
    assert story["moved"].outcome.succeeded
    assert story["moved"].outcome.failures == []


NUMBERS = {*range(1, 34), *range(35, 54)}
"""Of the catalogue, in which F34 is not a number."""


def test_no_number_is_forgotten() -> None:
    """Each has a test here, and no test is for another one."""
    assert declared_numbers() == NUMBERS


@pytest.mark.skipif(not (support.SHARED / "FAILURES.md").is_file(), reason="the catalogue does not lie beside this checkout")
def test_the_catalogue_has_no_other_number() -> None:
    """What lies beside the checkout names the same failures."""
    text = "".join((support.SHARED / name).read_text() for name in ("FAILURES.md", "FAILURES-NEW.md"))
    named = re.findall(r"^\| F(\d+)(?:–F(\d+))? \|", text, re.MULTILINE)
    assert {n for first, last in named for n in range(int(first), int(last or first) + 1)} == NUMBERS


# --- F1 to F9 ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("series", REQUIRED)
def test_f01_every_section_comes_back_empty(story: Story, series: str) -> None:
    """An empty answer is refused, the last good file stays, and what is not renewed is stale."""
    day = story["empty"]
    refused(story, day, series, "the source is being rebuilt")
    later = status_of(story.settings, story["frozen"].at + timedelta(days=2))
    assert not story["spoilt"].status.is_healthy, "the file of the last good day has grown old"
    assert not later.is_healthy


def test_f01_no_table_became_empty(story: Story) -> None:
    """Empty sections of optional series empty nothing either."""
    tables = [table for table in TABLES if table.startswith(("core.", "marts."))]
    before, after = ({name for name in tables if story[day].has_rows(name)} for day in ("good", "moved"))
    assert before - after == set()


def test_f02_a_day_that_was_never_captured(story: Story) -> None:
    """A gap in the calendar is counted and warned of, its day has no row, and the next run asks for it again."""
    coverage = "select periods_missing from core.series_coverage where series = 'usage_day'"
    assert story["moved"].warned("no_period_is_missing", "usage_day", "the source lacks a day")
    assert story["moved"].row(coverage) == {"periods_missing": 1}
    days = "select count(*) as n from marts.m2_usage_daily where usage_date = '2025-11-23'"
    assert story["moved"].row(days) == {"n": 0}
    assert story["odd"].row(coverage) == {"periods_missing": 0}
    assert story["odd"].row(days) == {"n": 1}


def test_f03_the_envelope_changed(story: Story) -> None:
    """A field of the envelope that is called otherwise refuses the answer, and says what is lacking."""
    refused(story, story["spoilt"], PROGRAMMING, "lacks data", "the envelope has changed")
    for series, reason in (
        ("usage_month", "`meta` lacks start_date: the envelope has changed"),
        ("language_week/natural", 'version is "v2", v1 was expected'),
    ):
        assert story["spoilt"].warned(series, reason)
        kept_and_refused(story, story["spoilt"], series, reason)


def test_f03_every_series_states_its_age(story: Story) -> None:
    """Fourteen weeks later nothing that is asked for passes for fresh."""
    status = status_of(story.settings, story.now + timedelta(weeks=14))
    assert not status.is_healthy
    assert [one.series.name for one in status.series if not one.is_stale or one.age is None] == []


@pytest.mark.parametrize(
    ("day", "cause"),
    [
        pytest.param("2025-11-21", "model_has_an_author: the rows are apps or labels, not models", id="names of apps"),
        pytest.param("2025-11-20", "author", id="apps written like models"),
        pytest.param("2025-11-19", "total", id="the total fell from 28 T to 1.8 T"),
    ],
)
def test_f04_apps_are_stored_as_models(story: Story, day: str, cause: str) -> None:
    """Apps in the place of models, also when they are written like models, and a total that falls to a fifteenth."""
    refused(story, story["spoilt"], "usage_day", day, cause)


@pytest.mark.parametrize("series", MOVED)
def test_f05_to_f08_an_endpoint_has_moved(story: Story, series: str) -> None:
    """An optional series that fails is named with the reason, and blocks nothing that is required."""
    day = story["moved"]
    assert day.outcome.succeeded
    assert day.outcome.is_published
    assert day.warned(series)
    fresh = {change["series"] for change in day.outcome.changes if change["new_periods"] or change["confirmed_periods"]}
    assert set(REQUIRED) <= fresh


def test_f05_to_f08_only_documented_endpoints_are_asked() -> None:
    """Nothing but documented interfaces is asked, by every series: the API, which has no second address, its own document,
    and a second gateway."""
    documented = {
        *("/datasets/rankings-daily", "/datasets/app-rankings", "/datasets/session-cost"),
        *("/classifications/task", "/benchmarks", "/models"),
    }
    assert {series.question[0] for series in ASKED if series.needs_key} == documented
    keyless = {"/openapi.json", "/api/ai/leaderboard-export"}
    assert {series.question[0] for series in ASKED if not series.needs_key} == keyless
    code = "".join(path.read_text() for path in (ROOT / "pipeline").rglob("*.py"))
    assert set(re.findall(r"https://[a-z.]*openrouter\.ai/(?:api|frontend)[a-z0-9/]*", code)) == {
        "https://openrouter.ai/api/v1"
    }


def test_f09_one_unknown_new_model(story: Story) -> None:
    """It is published, flagged unclassified with its share, and the bounds of every class hold what it could be."""
    day = story["moved"]
    row = day.row("select * from core.model_usage_daily where usage_date = '2025-11-24' and rank = 3")
    assert row["model_permaslug"] == NEWCOMER
    missing = day.rows(
        "from ops.unclassified where subject = $author or subject = $model", author="newcomer", model=NEWCOMER
    )
    assert {(one["attribute"], one["platform_token_share"]) for one in missing} == {
        ("author", row["platform_token_share"]),
        ("open weights", row["platform_token_share"]),
    }
    [minimax] = day.rows(
        "from marts.author_token_share_daily where usage_date = '2025-11-24' and canonical_author = 'minimax'"
    )
    width = minimax["platform_token_share_upper"] - minimax["platform_token_share_lower"]
    assert width >= row["platform_token_share"]


# --- F10 to F18 ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def far_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine fourteen hours ahead."""
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("far_east")
def test_f10_the_schedule_runs_in_another_zone() -> None:
    """Days and the schedule are UTC, wherever the machine stands and however an instant is written."""
    assert datetime.now().astimezone().utcoffset() == timedelta(hours=14), "the fixture moved the machine"
    now = support.instant("2025-11-20T23:30").astimezone()
    assert last_closed_day(now) == date(2025, 11, 19)
    [schedule] = build_defs().schedules or ()
    assert schedule.execution_timezone == "UTC"  # type: ignore[union-attr] # it is no partitioned one


def test_f11_a_parser_that_never_worked(answers: Answers) -> None:
    """A week of which no row can be read has no row: neither the week before nor the greatest of all stands in for it."""
    for week, end in (("2025-11-03", "2025-11-09"), ("2025-11-10", "2025-11-16")):
        answers.land(PROGRAMMING, week, end, "2025-11-18T07:00")
    spoilt = on("2025-11-17", troubles.tokens(lambda n: {"value": n}))
    exchange_id = answers.land(PROGRAMMING, "2025-11-17", "2025-11-23", "2025-11-25T07:00", spoilt)
    tables = ["core.category_usage_weekly", "marts.m2_coding_share_weekly", "marts.coding_leaderboard_weekly"]
    answers.load(tables)
    for table in tables:
        [newest] = answers.rows(f"select max(week_start) as week_start from {table}")  # noqa: S608 - named above
        assert newest == {"week_start": date(2025, 11, 10)}, table
    assert [(one["series"], one["exchange_id"]) for one in answers.report.unresolved] == [(PROGRAMMING, exchange_id)]
    assert "every_row_is_typed" in answers.report.unresolved[0]["reason"]


def test_f12_nothing_is_made_up_without_a_flag_and_a_band(story: Story) -> None:
    """A derived day says by which method, is called an estimate, and lies in its band; tokens are not split by guess."""
    rows = story["odd"].rows("from marts.m2_coding_share_daily")
    assert {row["method"] for row in rows} == {"allocated", "captured", "task_window"}
    for row in rows:
        if row["coding_token_share_estimate"] is not None:
            lower, upper = row["coding_token_share_estimate_lower"], row["coding_token_share_estimate_upper"]
            assert row["is_difference_negative"] or lower - 1e-9 <= row["coding_token_share_estimate"] <= upper + 1e-9
    split = {column.name for table in TABLES.values() for column in table.columns if "prompt" in column.name}
    assert {name for name in split if "usd" not in name} == set()


def test_f13_nothing_but_zeros_beside_a_volume(story: Story) -> None:
    """A measure that is zero in every row is refused."""
    refused(story, story["spoilt"], "usage_day", "2025-11-22", "the source has the rows, but not the measure")


def test_f14_the_free_variant_has_the_paid_price(story: Story) -> None:
    """Free is 0, whatever the catalogue says; what it said is kept in core."""
    said = story["odd"].row(
        "select prompt_usd_per_token::double as usd from core.model_catalogue where id like '%grok-4.1-fast:free'"
    )
    assert said == {"usd": pytest.approx(2e-7)}
    prices = story["odd"].rows(
        "select distinct blended_usd_per_million as usd from core.model_prices where variant = 'free'"
    )
    assert prices == [{"usd": 0.0}]


def test_f15_week_labels_move_to_sunday(story: Story) -> None:
    """Weeks that begin on another day than Monday are refused, and waited for no longer than until the next good answer."""
    day = story["spoilt"]
    assert day.warned("rejected category_week/finance 2025-10-19 to 2025-11-16", "week_begins_on_monday")
    kept_and_refused(story, day, "category_week/finance", "the source changed where its weeks begin")
    assert not story["moved"].warned("rejected category_week/finance")
    weeks = [name for name, table in TABLES.items() if any(column.name == "week_start" for column in table.columns)]
    for name in weeks:
        off = story["odd"].row(f"select count(*) as n from {name} where isodow(week_start) <> 1")  # noqa: S608 - from contracts
        assert off == {"n": 0}, name


def test_f16_the_free_variant_is_not_folded(story: Story) -> None:
    """M2's days are the sum of its variants as listed, of both kinds of days; the platform's are the sum of all rows."""
    rows = story["odd"].rows(
        "select usage_date, free_tokens, default_tokens, mart.total_tokens, platform_tokens, listed, everything "
        "from marts.m2_usage_daily as mart join ("
        "  select usage_date, sum(total_tokens) filter (base_permaslug = $m2) as listed, sum(total_tokens) as everything"
        "  from core.model_usage_daily group by usage_date) using (usage_date)",
        m2=M2,
    )
    assert any(row["free_tokens"] for row in rows)
    assert any(row["default_tokens"] for row in rows)
    for row in rows:
        assert (row["total_tokens"], row["platform_tokens"]) == (row["listed"], row["everything"]), row["usage_date"]
        if row["total_tokens"] is not None:
            assert row["total_tokens"] == (row["free_tokens"] or 0) + (row["default_tokens"] or 0)


def test_f17_a_row_that_left_on_re_read_stays(story: Story) -> None:
    """A block that is read again replaces the whole block; what was known before is still to be had."""
    gone = "openai/gpt-4o-mini"
    of_day = "usage_date = '2025-11-20' and model_permaslug = $gone"
    assert story["moved"].row(f"select count(*) as n from core.model_usage_daily where {of_day}", gone=gone) == {"n": 1}  # noqa: S608
    assert story["odd"].row(f"select count(*) as n from core.model_usage_daily where {of_day}", gone=gone) == {"n": 0}  # noqa: S608
    [*_, first, last] = story["odd"].rows(
        f"from core.model_usage_daily_vintages where {of_day} order by known_from", gone=gone
    )
    assert (first["is_listed"], first["known_to"]) == (True, story["odd"].at)
    assert (last["is_listed"], last["total_tokens"], last["known_to"]) == (False, None, None)


def test_f18_tokens_are_written_as_text(story: Story) -> None:
    """A figure that was rounded for people is not an integer: its block is refused."""
    refused(story, story["spoilt"], "usage_day", "2025-11-16 to 2025-11-18", "every_row_is_typed")
    shown = story["moved"].rows(
        "select row_content from raw.quarantine where contains(row_content, 'B\"') and row_content <> ''"
    )
    assert len(shown) >= 51


def test_f18_a_new_day_erases_no_history(story: Story) -> None:
    """The grain is in the key: every day that was there is still there, with a reading of its own."""
    days = "select distinct usage_date from core.model_usage_daily"
    before, after = ({row["usage_date"] for row in story[name].rows(days)} for name in ("good", "odd"))
    assert before < after
    assert min(after) == date.fromisoformat(FIRST_DAY)
    assert len(after) == (date(2025, 11, 25) - min(after)).days + 1
    assert {"usage_date", "model_permaslug"} <= set(TABLES["core.model_usage_daily"].key)
    assert {column.type for column in TABLES["core.model_usage_daily"].columns if column.name == "total_tokens"} == {
        "BIGINT"
    }


# --- F19 to F27 ----------------------------------------------------------------------------------------------------------


def test_f19_ranks_that_are_really_another_order(story: Story) -> None:
    """Rows in another order than that of tokens are refused; a published rank is that of tokens within its block."""
    refused(story, story["spoilt"], "usage_day", "2025-11-17", "rows_descend: the order is not by tokens")
    off = story["odd"].row(
        "select count(*) as n from ("
        "  select rank, rank() over (partition by usage_date order by total_tokens desc) as by_tokens"
        "  from core.model_usage_daily where not is_other) where rank <> by_tokens"
    )
    assert off == {"n": 0}


def test_f20_a_missing_measure_is_replaced(story: Story) -> None:
    """A measure that is not given is NULL, and nothing stands in for it."""
    scores = story["odd"].row(
        "select coding_index, intelligence_index from core.benchmark_scores order by intelligence_index desc limit 1"
    )
    assert scores["coding_index"] is None
    assert scores["intelligence_index"] is not None
    assert story["spoilt"].said("rejected usage_day 2025-11-16"), "tokens that are null are not 0"


@pytest.mark.parametrize("position", range(0, 31, 5))
def test_f21_a_single_missing_day_is_fetched(position: int) -> None:
    """One day in a whole history is asked for, in a request of one day where it lies before the look-back."""
    now, first = support.instant("2025-11-20T07:00"), date.fromisoformat(FIRST_DAY)
    every = [first + timedelta(days=n) for n in range(31)]
    missing = every[position]
    read = {day: now for day in every if day != missing}
    wanted = due(BY_NAME["usage_day"], now=now, read=read, holes=(), first_day=first)
    assert missing in wanted
    asked = spans(BY_NAME["usage_day"], wanted, now=now)
    assert any(span.start <= missing <= span.end for span in asked if span.start and span.end)


def test_f21_an_error_is_not_a_zero_row(story: Story) -> None:
    """An error fails the run, leaves what was published, and writes no row for the day; the next run asks for it."""
    day = story["error"]
    assert not day.outcome.succeeded
    assert day.published == story["good"].published
    assert day.said("not fetched: usage_day", "returned 500", "run again later")
    answered = story["moved"].rows(
        "select outcome, rows_read from raw.exchanges where series = 'usage_day' and retrieved_at = $at", at=day.at
    )
    assert answered
    assert {(row["outcome"], row["rows_read"]) for row in answered} == {("error response", 0)}
    assert story["moved"].row("select count(*) as n from core.model_usage_daily where total_tokens = 0") == {"n": 0}
    [asked] = story["moved"].asked("usage_day")
    assert asked.query["start_date"] <= "2025-11-23" <= asked.query["end_date"]


def test_f22_folding_keeps_the_last_value_instead_of_the_sum(story: Story) -> None:
    """Tokens are conserved from rows to models, and a closed week is the sum of its seven days, each counted once."""
    [off] = story["odd"].rows(
        "with rows as (select week_start, sum(tokens_estimate) as tokens from core.category_usage_weekly "
        "  where category = 'programming' group by all), "
        "models as (select distinct week_start, category_tokens_estimate as tokens from marts.coding_share_weekly) "
        "select count(*) as n from rows join models using (week_start) where rows.tokens <> models.tokens"
    )
    assert off == {"n": 0}
    folded = story["odd"].rows(
        "select week_start, base_permaslug, sum(tokens_estimate)::bigint as tokens, coding_tokens_estimate "
        "from core.category_usage_weekly "
        "join marts.coding_share_weekly using (week_start, base_permaslug) "
        "where category = 'programming' and not is_other group by all having count(*) > 1"
    )
    assert folded, "there is a model with two variants"
    assert [row for row in folded if row["tokens"] != row["coding_tokens_estimate"]] == []
    week = story["odd"].row(
        "select (select sum(total_tokens) from core.model_usage_daily "
        "  where usage_date between '2025-11-03' and '2025-11-09') as days, "
        "  (select sum(total_tokens) from core.model_usage_weekly where week_start = '2025-11-03') as week"
    )
    assert week["days"] == week["week"]


def test_f23_a_window_has_fewer_days_than_its_label(story: Story) -> None:
    """A window of seven days is not one of thirty; a week of the platform without one of its days has no share."""
    assert story["spoilt"].warned("rejected app_30d/popular (optional)", "window_has_its_days")
    kept_and_refused(story, story["spoilt"], "app_30d/popular", "the source shortened the window")
    read = story["moved"].rows("select retrieved_at from raw.readings where series = 'app_30d/popular'")
    assert story["spoilt"].at not in {row["retrieved_at"] for row in read}
    week = (
        "select count(*) as n from marts.country_token_share_weekly "
        "where week_start = '2025-11-17' and platform_token_share is not null"
    )
    assert story["moved"].row(week) == {"n": 0}, "2025-11-23 was not read yet"
    assert story["odd"].row(week)["n"] > 0


def test_f23_an_empty_list_is_no_data(story: Story) -> None:
    """Of apps that did not grow there are none: no block is made of that, and it is not taken for a reading."""
    read = story["odd"].rows("select retrieved_at from raw.readings where series = 'app_30d/trending'")
    assert story["odd"].at not in {row["retrieved_at"] for row in read}
    assert {one.series.name for one in story["odd"].status.series if one.is_stale} == {"app_30d/trending"}


def test_f24_other_stands_in_the_leaderboard(story: Story) -> None:
    """The tail is no model: it has no rank; and one metric has one value, wherever it is shown."""
    day = story["odd"]
    assert day.row("select count(*) as n from marts.coding_leaderboard_weekly where base_permaslug = 'other'") == {"n": 0}
    assert day.row("select count(*) as n from core.block_rows where is_other and rank is not null") == {"n": 0}
    off = day.row(
        "select count(*) as n, max(abs(one.coding_token_share - two.coding_token_share)) as apart, "
        "  max(abs(one.coding_token_share - three.block_token_share)) as apart_in_core "
        "from marts.coding_share_weekly as one "
        "join marts.coding_leaderboard_weekly as two using (week_start, base_permaslug) "
        "join core.model_shares_weekly as three using (week_start, base_permaslug) where three.series = $series",
        series=PROGRAMMING,
    )
    assert off["n"] > 100
    assert max(off["apart"], off["apart_in_core"]) < 1e-12


def test_f25_a_false_revision_because_a_name_flips(answers: Answers) -> None:
    """What an app is called is no part of its figures: the window is read again and nothing was restated."""
    for hour, spelt in ((7, None), (8, "kilo-code"), (9, None)):
        spoils = [troubles.entry(3, app_name=spelt)] if spelt else []
        answers.land("app_30d/popular", "2025-10-21", "2025-11-19", f"2025-11-20T0{hour}:00", *spoils)
    answers.load(["core.app_usage"])
    assert answers.rows("select count(*) as n, count(distinct block_hash) as hashes from raw.readings") == [
        {"n": 3, "hashes": 1}
    ]
    [shown] = answers.rows(
        "select count(distinct app_name) as names, max(vintages) as vintages from core.app_usage where app_rank = 4"
    )
    assert shown == {"names": 1, "vintages": 1}
    names = "select count(distinct app_name) as n from raw.app_names group by app_id order by n desc limit 2"
    assert answers.rows(names) == [{"n": 2}, {"n": 1}], "both names are kept"


def test_f26_an_endless_429_is_asked_a_few_times(story: Story) -> None:
    """Retries are bounded, and the run goes on."""
    assert 1 < len(story["moved"].asked("app_30d/trending")) <= 4
    assert story["moved"].warned("app_30d/trending", "returned 429", "run again later")


def test_f26_a_row_that_left_the_top_50_is_no_fall_to_zero(story: Story) -> None:
    """What is not listed lies between nothing and the smallest listed row."""
    row = story["odd"].row("from marts.m2_usage_daily where usage_date = '2025-11-25'")
    assert (row["total_tokens"], row["platform_rank"], row["platform_token_share"]) == (None, None, None)
    tail = "select total_tokens as n from core.model_usage_daily where usage_date = '2025-11-25' and is_other"
    assert 0 <= row["total_tokens_lower"] < row["total_tokens_upper"] <= story["odd"].row(tail)["n"]
    line = story["odd"].row(
        "from core.model_usage_daily_vintages "
        "where usage_date = '2025-11-24' and model_permaslug = $m2 and known_to is null",
        m2=M2,
    )
    assert line["total_tokens"] > 0, "the day before is as it was"


def test_f27_one_ambiguous_id_blocks_the_whole_catalogue(story: Story) -> None:
    """An id with two meanings and an entry without prices cost only themselves: they are set aside, and the run says so."""
    day = story["odd"]
    listed = {row["id"] for row in day.rows("select id from core.model_catalogue")}
    assert "openai/gpt-4o-mini" not in listed
    assert "deepseek/deepseek-chat-v3-0324:free" not in listed
    assert len(listed) > 80
    assert day.row("select max(known_from) as at from core.model_catalogue") == {"at": day.at}, "the rest is of this day"
    aside = day.rows(
        "select reason, row_content from raw.quarantine where series = 'models/all' and retrieved_at = $at", at=day.at
    )
    assert [row["reason"] for row in aside].count("id is there more than once") == 2
    assert len(aside) == 3
    assert all("openai/gpt-4o-mini" in row["row_content"] or "chat-v3-0324:free" in row["row_content"] for row in aside)
    assert day.warned("every_entry_is_typed", "models/all", "raw.quarantine")


def test_f27_an_entry_that_stands_twice_alike_is_kept_once(answers: Answers) -> None:
    """Nothing is ambiguous about it."""
    answers.land("models/all", "2025-11-20", "2025-11-20", "2025-11-20T07:00", troubles.again("openai/gpt-4o-mini"))
    answers.load()
    assert answers.report.verdicts == {"loaded": 1}
    assert answers.rows("select count(*) as n from raw.catalogue_rows where id = 'openai/gpt-4o-mini'") == [{"n": 1}]


# --- F28 to F38 ----------------------------------------------------------------------------------------------------------


def test_f28_an_additive_field_is_no_error(story: Story) -> None:
    """Unknown fields are kept in landing and named in the tables; the response is believed, and the run warns."""
    day = story["moved"]
    assert day.outcome.succeeded
    assert day.warned("no_unknown_fields", "usage_day", "the source added a field")
    answer = day.row(
        "select exchange_id, outcome, unknown_fields from raw.exchanges where series = 'usage_day' and retrieved_at = $at",
        at=day.at,
    )
    assert answer["outcome"] == "loaded"
    assert {"generated_by", "meta.cache", "reasoning_tokens"} <= set(answer["unknown_fields"].split(","))
    assert b'"reasoning_tokens": "12"' in story.body_of(answer["exchange_id"])


def test_f29_tokens_that_never_join_the_catalogue(story: Story) -> None:
    """What meets no price is reported by every build, with its share and its name."""
    day = story["moved"]
    row = day.row("from ops.unpriced_usage where usage_date = '2025-11-21'")
    assert UNPRICED in row["unpriced_models"]
    assert 0 < row["unpriced_token_share"] < 0.5
    assert row["unpriced_tokens"] == round(row["unpriced_token_share"] * row["listed_tokens"])
    for name in ("moved", "odd", "frozen"):
        [residuals] = story[name].rows(store.read_sql("internal/residuals"))
        assert residuals.keys() == {"unpriced_token_share", "unclassified_token_share"}
        assert all(share is not None and 0 <= share < 0.5 for share in residuals.values()), (name, residuals)


def test_f30_a_stealth_model_vanishes_at_one_hour(story: Story) -> None:
    """What no maker stands behind is a series of its own: there on one day, with a bound on the next."""
    share = "from marts.stealth_token_share_daily where usage_date = $day"
    there = story["odd"].row(share, day=date(2025, 11, 24))
    gone = story["odd"].row(share, day=date(2025, 11, 25))
    assert STEALTH in there["stealth_models"]
    assert there["platform_token_share"] > 0.1
    assert STEALTH not in gone["stealth_models"]
    assert gone["platform_token_share"] is None or gone["platform_token_share"] < there["platform_token_share"]
    assert gone["platform_token_share_upper"] > 0


def test_f31_token_share_passes_for_request_share(story: Story) -> None:
    """Each share names its measure; of tasks, where there are both, each stands in its own column."""
    for name, table in TABLES.items():
        for column in table.columns:
            if SHARES.search(column.name) and column.type == "DOUBLE" and table.schema in ("core", "marts"):
                beside = {one.name for one in table.columns}
                says = (
                    bool({"token", "request", "spend"} & set(column.name.split("_")))
                    or {"measure", "denominator"} <= beside
                    or "metric" in beside
                )
                counted = {"listed", "stay", "survival", "pair", "coverage"} & set(column.name.split("_"))
                assert says or counted or column.name.endswith("percentile"), (name, column.name)
    day = story["odd"]
    source = Simulator(clock=lambda: day.at, limits=None)
    given = source.respond("GET", "/api/v1/classifications/task", {"window": "7d"}, {"authorization": "Bearer none"})
    for macro in json.loads(given.body)["data"]["macro_categories"]:
        row = day.row(
            "select classified_token_share as tokens, classified_request_share as requests from core.task_shares "
            "where macro_category = $macro and tag = '*' and retrieved_at = $at",
            macro=macro["key"],
            at=day.at,
        )
        assert (row["tokens"], row["requests"]) == (macro["token_share"], macro["usage_share"])


def test_f32_the_default_limit_cuts_the_answer(story: Story) -> None:
    """A page of just as many rows as the source gives by itself is no end; a whole answer is read page by page."""
    assert story["spoilt"].warned("rejected session_cost (optional)", "no_page_is_missing")
    kept_and_refused(story, story["spoilt"], "session_cost", "the source sent no more rows")
    pages = story["good"].asked("session_cost")
    assert len(pages) > 1
    offsets = [int(page.query["offset"]) for page in pages]
    assert offsets == [n * int(pages[0].query["limit"]) for n in range(len(pages))]
    cells = story["good"].row("select count(*) as n from core.session_costs")
    assert cells["n"] > int(pages[0].query["limit"])


def test_f32_a_cut_ranking_is_no_smaller_ranking(story: Story) -> None:
    """Of a ranking cut amid a week, that week is refused: it lacks its tail; the weeks after it are missing."""
    kept_and_refused(story, story["spoilt"], "usage_week", "cut")
    assert story["spoilt"].warned("no_period_is_missing", "usage_week")


def test_f33_weeks_that_need_seven_days(answers: Answers) -> None:
    """The week with a day that the source does not have is whole with six, and the day is named with its reason."""
    answers.land("usage_day", "2025-06-09", "2025-06-22", "2025-06-25T07:00")
    answers.land("usage_week", "2025-06-09", "2025-06-22", "2025-06-25T07:00")
    answers.load(["marts.country_token_share_weekly", "core.series_coverage"])
    assert answers.report.outcomes["no_period_is_missing"].passed
    days = answers.rows("select count(distinct usage_date) as n from core.model_usage_daily where usage_date < '2025-06-16'")
    assert days == [{"n": 6}]
    shares = answers.rows(
        "select week_start, sum(platform_token_share) as share "
        "from marts.country_token_share_weekly group by all order by all"
    )
    assert [row["week_start"] for row in shares] == [date(2025, 6, 9), date(2025, 6, 16)]
    assert all(row["share"] == pytest.approx(1, abs=0.2) for row in shares)
    assert answers.rows("select periods_missing from core.series_coverage where series = 'usage_day'") == [
        {"periods_missing": 0}
    ]
    assert answers.rows("select reason from reference.known_holes where usage_date = '2025-06-15'")[0]["reason"]


def test_f35_a_column_flaps_between_integer_and_double(story: Story) -> None:
    """Types are those of the contract, however a number is written that day."""
    columns = (
        "select schema_name || '.' || table_name as name, column_name, data_type from duckdb_columns() "
        "where schema_name in ('raw', 'core', 'marts') order by all"
    )
    assert story["odd"].rows(columns) == story["good"].rows(columns)
    typed = story["odd"].row("select context_length, typeof(context_length) as type from core.model_catalogue limit 1")
    assert typed == {"context_length": 131072, "type": "BIGINT"}


def test_f36_a_check_is_silently_skipped(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that the backend leaves out has not passed: what it should have judged is refused, with that as the reason."""

    def skipping(batches: Any) -> list[run.Result]:
        """Everything is judged, but for one check of which nothing comes back."""
        return [
            run._result(one.expectation, one.checked, one.by_series, one.checked.clear(), None, None)
            if one.expectation.name == "rows_descend"
            else one
            for one in validate(batches)
        ]

    validate = run.validate
    monkeypatch.setattr(run, "validate", skipping)
    answers.land("usage_day", "2025-11-18", "2025-11-19", "2025-11-20T07:00")
    answers.load()
    assert answers.report.verdicts == {"refused": 1}
    assert "rows_descend: the check was not run" in answers.report.unresolved[0]["reason"]
    assert is_error(answers.report.outcomes["rows_descend"], answers.report)
    assert answers.rows("from raw.block_rows") == []


def test_f37_a_cursor_drops_restated_rows(story: Story) -> None:
    """The trailing window is asked for every day, whatever was read: a restated figure is found, and both are kept."""
    [days] = story["empty"].asked("usage_day")
    assert (days.query["start_date"], days.query["end_date"]) == ("2025-11-14", "2025-11-21")
    [weeks] = story["empty"].asked(PROGRAMMING)
    assert (weeks.query["start_date"], weeks.query["end_date"]) == ("2025-10-20", "2025-11-21")
    changes = {change["series"]: change for change in story["odd"].outcome.changes}
    assert [changes["usage_day"][name] for name in PERIOD_CHANGES] == [2, 0, 2, 4]
    assert [changes[PROGRAMMING][name] for name in PERIOD_CHANGES] == [0, 1, 0, 4]
    [moved] = story["odd"].rows(
        "from marts.restatements where series = 'usage_day' and period_start = '2025-11-21' "
        "and tokens_after - tokens_before = 1000000000"
    )
    assert moved["known_after"] == story["odd"].at
    day = story["odd"].row(
        "select max(total_tokens) as n from core.model_usage_daily where usage_date = '2025-11-21' and not is_other"
    )
    assert day == {"n": moved["tokens_after"]}


def test_f38_the_source_is_frozen(story: Story) -> None:
    """The same answers with status 200, three weeks later: the run warns, and the age is that of what was answered."""
    day = story["frozen"]
    assert day.outcome.succeeded
    assert day.warned("resolved_dates_equal_asked", "usage_day")
    assert not day.status.is_healthy
    ages = {one.series.name: one for one in day.status.series}
    assert ages["usage_day"].newest == date(2025, 11, 25)
    told = "\n".join(map(str, open_now(story.settings, day.at)))
    assert "usage_day is stale: newest 2025-11-25" in told
    assert "task_7d is fetched but has not changed for " in told


@pytest.mark.parametrize("series", ["usage_day", "task_7d", "session_cost", "app_1d/popular", "app_30d/popular"])
def test_f38_each_frozen_series_is_told(story: Story, series: str) -> None:
    """Reading old content anew makes nothing fresh: the series is stale or frozen, or the run warns of it."""
    [status] = [one for one in story["frozen"].status.series if one.series.name == series]
    named = [line for line in story["frozen"].outcome.warnings if series in re.split(r"[ ,:]+", line)]
    assert not status.is_fresh or named


def test_f38_missing_data_raises_no_score(story: Story) -> None:
    """A model whose coding index is not given is not efficient in coding, nor is it ranked by it."""
    rows = story["odd"].rows("from marts.price_intelligence where coding_index is null")
    assert rows
    assert [row for row in rows if row["is_coding_pareto_efficient"]] == []
