"""Bodies decoded at once are read as if value by value, whatever is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pipeline.failures import PermanentFailure
from pipeline.openrouter.endpoints.apps import read_apps
from pipeline.openrouter.endpoints.rankings import read_rankings
from pipeline.openrouter.endpoints.response import Answer
from pipeline.openrouter.endpoints.rows import Row

META = '"meta":{"as_of":"2026-01-19T06:30:00Z","start_date":"2026-01-12","end_date":"2026-01-18","version":"v1"}'
RANKINGS = (
    '{"data":[{"date":"2026-01-12","model_permaslug":"minimax/minimax-m2:free","total_tokens":"12"},'
    f'{{"date":"2026-01-12","model_permaslug":"other","total_tokens":"-3"}}],{META}}}'
)
APPS = (
    '{"data":[{"rank":1,"app_id":7,"app_name":"Ünïcode: 😀","total_tokens":"12","total_requests":5},'
    f'{{"rank":2,"app_id":8,"app_name":"B","total_tokens":"3","total_requests":0}}],{META}}}'
)
SPOILED = [
    ('"total_tokens":"', '"total_tokens":"+'),
    ('"total_tokens":"', '"total_tokens":"0'),
    ('"total_tokens":"', '"total_tokens":"1e'),
    ('"total_tokens":"', '"total_tokens":"٣'),
    ('"total_tokens":"', '"total_tokens":"1234567890123456789'),
    ('"total_tokens":"12"', '"total_tokens":12'),
    ('"total_tokens":"12"', '"total_tokens":null'),
    ('"total_tokens"', '"total_tokens":"5","total_tokens"'),
    ('"total_tokens"', '"total_tokens" :"5","total_tokens"'),
    ('"total_tokens"', '"new":1,"total_tokens"'),
    ('"total_tokens"', '"tokens"'),
    ('"date":"2026-01-12"', '"date":"2026-02-30"'),
    ('"date":"2026-01-12"', '"date":"20260112"'),
    ('"date":"2026-01-12"', '"date":20260112'),
    ('"model_permaslug":"', '"model_permaslug":":'),
    ('"model_permaslug":"', f'"model_permaslug":"{"x" * 300}'),
    ('"model_permaslug":"other"', '"model_permaslug":""'),
    ("/", "\\/"),
    ('other"', 'other\\ud800"'),
    ('"rank":1,', '"rank":1.0,'),
    ('"rank":1,', '"rank":1.5,'),
    ('"rank":1,', '"rank":true,'),
    ('"rank":1,', '"rank":9223372036854775808,'),
    ('"rank":1,', '"rank":-9223372036854775808,'),
    ('"rank":1,', '"rank":2,"rank":1,'),
    ('"app_name":"B"', f'"app_name":"{"B" * 301}"'),
    ('"data":[', '"data":[null,'),
    ('"data":[', '"data":[{},'),
    ('"meta"', '"data":[],"meta"'),
    ('"meta"', '"meta":{},"meta"'),
    ('"meta"', '"links":null,"meta"'),
    ('"version":"v1"', '"version":"v2"'),
    ('"version":"v1"', '"version":"v1","window_days":7'),
    ('"as_of":"2', '"as_of":"x2'),
    ('"end_date":"2', '"end_date":"x2'),
    ('"end_date"', '"last_date"'),
    ("}", "}}"),
    ("]", ""),
    (":", " : "),
]


def _read(read: Callable[[bytes], Answer], body: bytes) -> Any:
    try:
        answer = read(body)
    except PermanentFailure as failure:
        return str(failure)
    return {**vars(answer), "rows": (answer.rows.schema, answer.rows.rows())}


def _cases() -> Iterator[tuple[Callable[[bytes], Answer], str]]:
    for read, good in ((read_rankings, RANKINGS), (read_apps, APPS)):
        yield read, good
        yield from ((read, good.replace(before, after)) for before, after in SPOILED)
        yield from ((read, good.replace(before, after, 1)) for before, after in SPOILED)


@pytest.mark.parametrize(("read", "body"), list(_cases()))
def test_it_is_read_as_if_value_by_value(
    read: Callable[[bytes], Answer], body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = _read(read, body.encode(errors="surrogatepass"))
    monkeypatch.setattr(Row, "read_at_once", lambda self, body: None)
    assert at_once == _read(read, body.encode(errors="surrogatepass"))


@pytest.mark.parametrize(("read", "body"), [(read_rankings, RANKINGS), (read_apps, APPS)])
def test_what_is_as_documented_is_decoded_at_once(
    read: Callable[[bytes], Answer], body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    decode = Row.read_at_once

    def remembered(self: Row, body: bytes) -> Any:
        found.append(decode(self, body))
        return found[-1]

    monkeypatch.setattr(Row, "read_at_once", remembered)
    assert read(body.encode()).rows.height == 2
    assert found != [None]
