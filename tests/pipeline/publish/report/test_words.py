"""The catalogues of words: no text is missing in a language, and each can be written."""

from __future__ import annotations

import re
import string
from datetime import date

import pytest

from pipeline.publish.report import names
from pipeline.publish.report.words import LANGUAGES, words

EN = words("en")
FIELD = re.compile(r"\{(\w+)(?::(\w+))?\}")


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
