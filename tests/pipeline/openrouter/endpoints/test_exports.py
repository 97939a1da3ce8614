"""Index, manifest and file of the keyless exports: what is as documented is read to the token, all else is refused."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from pipeline.failures import PermanentFailure
from pipeline.openrouter.endpoints import exports
from pipeline.openrouter.endpoints.exports import (
    FIRST_SNAPSHOT,
    INDEX,
    file_of,
    is_export,
    manifest_of,
    read_export,
    read_index,
    read_manifest,
    snapshot_of,
    window_of,
)
from pipeline.openrouter.endpoints.rankings import ROW, read_rankings
from pipeline.openrouter.endpoints.request import Request
from pipeline.series import identify
from pipeline.simulator.server import Simulator
from tests.exports import ATTRIBUTION, HEADER, export_lines, lines_of, manifest_body, manifest_for, retrieved, written
from tests.support import SHARED, block_rows, instant, rankings_body

DAY = date(2026, 10, 8)
FIRST, LAST = date(2026, 9, 8), date(2026, 10, 7)
NOW = instant("2026-10-08T06:30")


def index_body(**changes: Any) -> bytes:
    newest = {"id": "rankings-daily", "latest_snapshot_date": str(DAY)}
    others = {"id": "benchmark-runs", "latest_snapshot_date": "2026-10-01"}
    body = {"schema_version": "v1", "license": {"name": "CC BY 4.0"}, "datasets": [others, newest], **changes}
    return json.dumps(body).encode()


def read_as(body: dict[str, Any], host: str = "openrouter.ai") -> exports.Manifest:
    return read_manifest(json.dumps(body).encode(), DAY, host=host, by=NOW)


# --- where they are --------------------------------------------------------------------------------------------------


def test_a_dated_file_is_of_the_daily_series() -> None:
    """A file, and nothing beside it, is identified; its window ends the day before its date."""
    assert identify(file_of(DAY).path, {}) == "usage_day"
    assert snapshot_of(file_of(DAY).path) == DAY
    assert window_of(DAY) == (FIRST, LAST)
    aliases = ["/datasets/exports/rankings-daily/latest.csv", "/datasets/exports/rankings-daily/2026-13-40.csv"]
    for path in (INDEX.path, manifest_of(DAY).path, *aliases, f"{file_of(DAY).path}.gz"):
        assert is_export(path)
        assert identify(path, {}) is None
    assert not is_export("/datasets/rankings-daily")


@pytest.mark.parametrize("request_", [INDEX, manifest_of(DAY), file_of(DAY)], ids=lambda one: one.describe())
def test_no_request_of_an_export_needs_a_key(request_: Request) -> None:
    assert not request_.needs_key
    assert request_.params == {}


# --- index and manifest ----------------------------------------------------------------------------------------------


def test_index_names_the_newest_snapshot() -> None:
    assert read_index(index_body()) == DAY


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html>", "web page"),
        (index_body(schema_version="v2"), '`schema_version` is "v2", v1 was expected'),
        (index_body(license={"name": "CC BY-NC 4.0"}), "CC BY 4.0 was expected"),
        (index_body(datasets=[{"id": "benchmark-runs"}]), "names no newest snapshot"),
        (index_body(datasets=[{"id": "rankings-daily", "latest_snapshot_date": "yesterday"}]), "YYYY-MM-DD"),
    ],
    ids=["page", "version", "licence", "dataset", "date"],
)
def test_another_index_is_refused(body: bytes, words: str) -> None:
    with pytest.raises(PermanentFailure, match=words.replace("`", ".").replace("(", ".")):
        read_index(body)


def test_manifest_is_read() -> None:
    """What is kept of a manifest is enough to verify its file later."""
    body = written(export_lines(DAY))
    manifest = read_as(manifest_body(DAY, body))
    assert (manifest.snapshot, manifest.read_at) == (DAY, instant("2026-10-08T01:46:15.433"))
    assert manifest.describes(len(body), manifest_body(DAY, body)["files"]["csv"]["sha256"])


def files(**changes: Any) -> dict[str, Any]:
    csv = {"url": f"https://openrouter.ai/api/v1{file_of(DAY).path}", "bytes": 1, "sha256": "0" * 64}
    return {"csv": {**csv, **changes}}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"schema_version": "v2"}, "schema_version"),
        ({"license": {"name": "all rights reserved"}}, "license"),
        ({"dataset": "benchmark-runs"}, "dataset"),
        ({"snapshot_date": "2026-10-07"}, "snapshot_date.*2026-10-08 was expected"),
        ({"retrieved_at": "2026-10-07T23:59:00Z"}, "before the date of its snapshot"),
        ({"retrieved_at": "2026-10-08T06:31:00Z"}, "in the future"),
        ({"retrieved_at": "2026-10-08T01:46:15"}, "no zone"),
        ({"row_count": "many"}, "row_count"),
        ({"files": files(url=f"https://elsewhere.example/api/v1{file_of(DAY).path}")}, "another place"),
        ({"files": files(url="https://openrouter.ai/api/v1/datasets/exports/rankings-daily/latest.csv")}, "another place"),
        ({"files": files(url="http://[")}, "files.csv.url"),
        ({"files": {}}, "csv"),
    ],
    ids=["version", "licence", "dataset", "date", "early", "late", "zone", "rows", "host", "alias", "no url", "no file"],
)
def test_another_manifest_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(PermanentFailure, match=words):
        read_as(manifest_body(DAY, b"", **changes))


def test_manifest_of_a_mirror_may_name_its_own_host() -> None:
    body = manifest_body(DAY, b"", files=files(url=f"http://127.0.0.1:8000/api/v1{file_of(DAY).path}"))
    assert read_as(body, host="127.0.0.1")
    with pytest.raises(PermanentFailure, match="another place"):
        read_as(body)


# --- files -----------------------------------------------------------------------------------------------------------


def test_file_has_the_rows_of_the_api() -> None:
    """The same days, read from an export and from a response of the API, are the same rows."""
    body = written(export_lines(DAY))
    answer = read_export(body, manifest_for(DAY, body))
    days = {FIRST + timedelta(days=n): block_rows() for n in range(30)}
    as_asked = read_rankings(json.dumps(rankings_body(days, as_of=NOW, start=FIRST, end=LAST)).encode())
    assert answer.rows.equals(as_asked.rows)
    assert dict(answer.rows.schema) == ROW.schema
    assert (answer.bad_rows, answer.rows_read) == ([], len(as_asked.rows))
    assert (answer.resolved_start, answer.resolved_end) == (FIRST, LAST)
    assert answer.as_of == instant("2026-10-08T01:46:15.433")
    assert answer.citation == ATTRIBUTION.partition(", licensed")[0] == "Source: OpenRouter (openrouter.ai)"


def test_tokens_are_read_to_the_last_digit() -> None:
    """Past 2^53, where a float would round."""
    rows = [("author/model", 2**53 + 1), ("other", 1)]
    body = written(export_lines(DAY, {LAST: rows}))
    answer = read_export(body, manifest_for(DAY, body))
    assert 2**53 + 1 in answer.rows["total_tokens"].to_list()


LINES = export_lines(DAY)


def swapped(number: int, line: str) -> list[str]:
    return [*LINES[:number], line, *LINES[number + 1 :]]


@pytest.mark.parametrize(
    ("body", "changes", "words"),
    [
        (written(LINES)[:-1], {}, "has 80,041 bytes, its manifest says 80,042"),
        (written(swapped(1, LINES[1].replace("model-0", "model-x"))), {}, "has the sha256 [0-9a-f]+…, its manifest says"),
    ],
    ids=["bytes", "sha256"],
)
def test_a_damaged_file_is_refused(body: bytes, changes: dict[str, Any], words: str) -> None:
    """Its bytes are not those that were published."""
    with pytest.raises(PermanentFailure, match=f"export of 2026-10-08.*{words}"):
        read_export(body, manifest_for(DAY, written(LINES), **changes))


@pytest.mark.parametrize(
    ("lines", "changes", "words"),
    [
        (LINES, {"row_count": len(LINES)}, "1,380 rows, its manifest says 1,381"),
        ([HEADER.replace("share_of_daily_tokens", "share"), *LINES[1:]], {}, "has the columns"),
        (export_lines(DAY - timedelta(days=1)), {}, "30 days, 2026-09-07 to 2026-10-06"),
        ([HEADER, *(one for one in LINES[1:] if not one.startswith(str(LAST)))], {}, "29 days"),
        ([HEADER], {}, "no day"),
        ([], {"row_count": 0}, "not a CSV file"),
        ([*LINES[:-1], f"{LAST},öther,,5000,0.1"], {}, "not a CSV file of ASCII text"),
    ],
    ids=["row count", "header", "window", "a day less", "no rows", "empty", "not ascii"],
)
def test_another_file_than_documented_is_refused(lines: list[str], changes: dict[str, Any], words: str) -> None:
    """Its bytes are those that were published: what was published is something else than before."""
    body = written(lines)
    with pytest.raises(PermanentFailure, match=f"export of 2026-10-08.*{words}"):
        read_export(body, manifest_for(DAY, body, **changes))


def test_a_file_without_a_manifest_is_refused() -> None:
    with pytest.raises(PermanentFailure, match="no manifest"):
        read_export(written(LINES), None)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (f"{FIRST},author-0/model-0,1,1e4,0.1", "total_tokens"),
        (f"{FIRST},author-0/model-0,1,10000", "unpack"),
        (f"{FIRST},,1,10000,0.1", "model_permaslug"),
        (LINES[1].replace(",1,", ",2,", 1), "rank does not follow"),
        (LINES[1].replace(",1,", ",,", 1), "rank does not follow"),
        (LINES[46].replace("other,,", "other,46,"), "rank does not follow"),
        (LINES[1].replace(",0.0", ",0.1"), "share_of_daily_tokens does not follow"),
        (f"{LINES[1].rpartition(',')[0]},nan", "share_of_daily_tokens is not a number"),
    ],
    ids=["tokens", "fields", "model", "rank", "no rank", "rank of other", "share", "share is nan"],
)
def test_a_row_that_contradicts_itself_is_named(line: str, words: str) -> None:
    """It is a bad row of its day, so that the block of this day is refused, and the other 29 are read."""
    body = written(swapped(46 if "other" in line else 1, line))
    [bad] = read_export(body, manifest_for(DAY, body)).bad_rows
    assert bad.period_start == FIRST
    assert words in bad.reason
    assert bad.content.startswith(f'["{FIRST}"')


def test_equal_rows_may_have_either_order() -> None:
    """Of two models with the same tokens, either may be listed, and ranked, first; or both share the rank."""
    rows = [("a/one", 10), ("b/two", 10), ("other", 1)]
    for ranks in (("1", "2"), ("1", "1")):
        first, second, other = lines_of(LAST, rows)
        lines = [first.replace(",1,", f",{ranks[0]},", 1), second.replace(",2,", f",{ranks[1]},", 1), other]
        body = written([HEADER, *(one for one in LINES[1:] if not one.startswith(str(LAST))), *lines])
        assert read_export(body, manifest_for(DAY, body)).bad_rows == []


@pytest.mark.skipif(not (SHARED / "exports").is_dir(), reason="the published sample does not lie beside this checkout")
def test_published_sample_is_read() -> None:
    """One whole day as OpenRouter published it: ranks, shares and tokens agree."""
    rows, bad_rows = exports._typed(
        [line.split(",") for line in (SHARED / "exports/sample.csv").read_text().splitlines()[1:]]
    )
    assert (len(rows), bad_rows, exports._contradicting(rows)) == (51, [], [])
    assert rows["total_tokens"][0] == 7519183440956
    published = (SHARED / "exports/manifest.json").read_bytes()
    assert read_manifest(published, DAY, host="127.0.0.1", by=NOW).row_count == 1530


@pytest.mark.parametrize("day", [FIRST_SNAPSHOT, DAY])
def test_simulated_export_is_read(day: date) -> None:
    """What the simulator serves is what the reader expects, and it never changes."""
    bodies = []
    for later in (timedelta(hours=2), timedelta(days=60)):
        source = Simulator(clock=lambda later=later: instant(f"{day}T00:00") + later)  # type: ignore[misc]
        said, file = (source.respond("GET", f"/api/v1{one.path}", {}, {}) for one in (manifest_of(day), file_of(day)))
        manifest = read_manifest(said.body, day, host="127.0.0.1", by=instant(f"{day}T02:00"))
        answer = read_export(file.body, manifest)
        assert (len(answer.rows), answer.bad_rows) == (1530, [])
        assert answer.citation is not None
        assert answer.citation.startswith("SIMULATED")
        bodies.append((said.body, file.body))
    assert bodies[0] == bodies[1]
    assert retrieved(day).encode() in bodies[0][0]
