"""The catalogues of words: no text is missing in a language, and each can be written."""

from __future__ import annotations

import csv
import re
import string
from datetime import date

import pytest

from pipeline.publish.report import names
from pipeline.publish.report.words import LANGUAGES, words
from pipeline.settings import ROOT

EN = words("en")
FIELD = re.compile(r"\{(\w+)(?::(\w+))?\}")
ZH = words("zh")
HAN, STOP = "\u4e00-\u9fff", "，。：；、（）“”～"
NOT_SPACED = re.compile(rf"[{HAN}][A-Za-z0-9]|[A-Za-z0-9%][{HAN}]|[{HAN}] [{HAN}]|[{STOP}] | [{STOP}]| %|[{HAN}][,.:;()]")
# Values of no form that are Chinese themselves; all others are names and numbers.
CHINESE = {
    "story": {"height": "八分之一", "weeks": "两周", "points": "十", "later": "三个月后", "number": "三"},
    "bands": {"leader": "中国模型", "other": "美国模型"},
    "claims": {"verdict": "属实"},
    "health": {"rest": "1 个过期"},
    "nowcasts": {"method": "假定不变"},
}
DAY = date(2025, 11, 3)
OF_FORM = {
    "day": DAY, "short_day": DAY, "month": DAY, "tokens": 84.3e9, "model": "minimax/minimax-m2", "number": 1200,
    "list": ["0", "1"], "weeks": 4,
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_there_in_every_language(language: str) -> None:
    """The same keys, each with the same values; English shows through nowhere."""
    other = words(language).keys
    assert list(other) == list(EN.keys)
    for key, text in EN.keys.items():
        # A language may leave the number of a word out, as Chinese has no plural: no value is added.
        used, there = ({name for name, _ in FIELD.findall(one)} for one in (other[key], text))
        assert used == there, key
    if language == "zh":
        same = {key for key in other if other[key] == EN.keys[key] and re.search(r"[a-z]{4,}", FIELD.sub("", other[key]))}
        assert same <= {"hero.claude", "page.footer"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_exists(language: str) -> None:
    """A text with a form that nothing writes would fail in front of a reader."""
    found = words(language)
    fields = [(key, form) for key, text in found.keys.items() for _, _, form, _ in string.Formatter().parse(text) if form]
    assert [(key, form) for key, form in fields if form not in found._forms] == []


def test_forms() -> None:
    """Days, shares and names as a reader of each language writes them."""
    zh, day = words("zh"), date(2025, 11, 3)
    assert EN.day(day) == "3 November 2025"
    assert zh.day(day) == "2025 年 11 月 3 日"
    assert EN.listed(["a", "b", "c"]) == "a, b and c"
    assert EN("share.title", model="minimax/minimax-m2", share=0.12306, week=day) == (
        "MiniMax M2 peaked at 12.3 % of coding in the week of 3 November 2025"
    )
    assert EN("share.title", model="minimax/minimax-m2", share=None, week=day).startswith("MiniMax M2 peaked at – ")


def filled(key: str, text: str) -> str:
    """A Chinese text with values as the page gives them."""
    own = CHINESE.get(key.partition(".")[0], {})
    given = {name: OF_FORM.get(form, 0.123) if form else own.get(name, "M2") for name, form in FIELD.findall(text)}
    return ZH(key, **given)


def test_chinese_is_spaced_by_one_rule() -> None:
    """A space between Chinese and Latin letters or digits; none beside Chinese punctuation and before the percent sign."""
    broken = {key: NOT_SPACED.findall(filled(key, text)) for key, text in ZH.keys.items()}
    assert {key: found for key, found in broken.items() if found} == {}


def test_chinese_claims_are_spaced_by_the_same_rule() -> None:
    """But for names of outlets, which write themselves as they like."""
    with (ROOT / "warehouse/reference/public_claims.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            texts = [row[name] for name in ("claim_zh", "claimed_denominator_zh", "reason_zh")]
            assert all(re.search(f"[{HAN}]", text) for text in texts)
            assert [NOT_SPACED.findall(text) for text in texts] == [[], [], []]


def test_a_text_that_breaks_the_rule_is_found() -> None:
    for text in ("占12.3%", "M2在", "3 日 当周", "，其 中", "占 12.3 %", "下降（ 估计）", "用量.", "编程, 用量"):
        assert NOT_SPACED.search(text), text


@pytest.mark.parametrize(
    ("tokens", "said"), [(84.3e9, "843 亿"), (80e9, "800 亿"), (4e7, "0.4 亿"), (1.2e12, "1.2 万亿"), (2e12, "2 万亿")]
)
def test_tokens_are_counted_as_chinese_counts(tokens: float, said: str) -> None:
    assert ZH.tokens(tokens) == said


def test_columns_in_each_language() -> None:
    row = {"claim": "of M2", "claim_zh": "关于 M2"}
    assert (EN.of(row, "claim"), ZH.of(row, "claim")) == ("of M2", "关于 M2")
    assert (ZH.value("requests"), ZH.value(None)) == ("请求", None)


@pytest.mark.parametrize(
    ("slug", "name"),
    [
        ("minimax/minimax-m2.5-20260211", "MiniMax M2.5"),
        ("anthropic/claude-4.5-sonnet-20250929", "Claude Sonnet 4.5"),
        ("anthropic/claude-3-7-sonnet-20250219", "Claude Sonnet 3.7"),
        ("openai/gpt-5.2-codex-20260114", "GPT-5.2 Codex"),
        ("openai/gpt-oss-120b", "GPT OSS 120B"),
        ("x-ai/grok-4-07-09", "Grok 4"),
        ("google/gemini-2.5-pro-preview-05-06", "Gemini 2.5 Pro Preview 05 06"),
        ("moonshotai/kimi-k2.5-0127", "Kimi K2.5"),
        ("no-maker", "No Maker"),
    ],
)
def test_names(slug: str, name: str) -> None:
    """Without maker and day of release; the day stays where it tells one preview from another."""
    assert names.display(slug) == name
