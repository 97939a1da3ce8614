"""How a model's slug is written where people read: on the page, its card and its feed.

Belongs here: names. Not here: which models there are. Slugs stay in tables and queries, where they are keys.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

# The day of a release; that of a preview tells one preview from another, and stays.
_DATE = re.compile(r"(?<!-preview)-(?:20\d{6}|20\d\d-\d\d-\d\d|\d\d-\d\d|\d{4})$")
# What is written other than with a first capital, or in another order than in the slug.
_WORDS = {
    "gpt": "GPT", "glm": "GLM", "oss": "OSS", "vl": "VL", "it": "IT", "kat": "KAT", "mimo": "MiMo", "minimax": "MiniMax",
    "deepseek": "DeepSeek", "ling": "Ling",
}  # fmt: skip
_MODELS = {
    "deepseek/deepseek-chat-v3.1": "DeepSeek V3.1",
    "deepseek/deepseek-chat-v3-0324": "DeepSeek V3 0324",
    "qwen/qwen3-coder-480b-a35b-07-25": "Qwen3 Coder 480B",
}
_CLAUDE = re.compile(r"^claude-(?P<version>[\d.-]+)-(?P<size>opus|sonnet|haiku)$")


def display(slug: str) -> str:
    """The name by rule, without maker and release date, with capitals: ``MiniMax M2.5``, ``Claude Sonnet 4.5``."""
    if slug in _MODELS:
        return _MODELS[slug]
    bare = _DATE.sub("", slug.partition("/")[2] or slug)
    claude = _CLAUDE.match(bare)
    if claude:
        return f"Claude {claude['size'].capitalize()} {claude['version'].replace('-', '.')}"
    name = " ".join(_WORDS.get(part, _capital(part)) for part in bare.split("-"))
    return re.sub(r"^(GPT|GLM) (?=\d)", r"\1-", name)


def _capital(part: str) -> str:
    if re.fullmatch(r"a?\d+(?:\.\d+)?[bt]|v\d.*", part):
        return part.upper()
    return part[:1].upper() + part[1:]


def family(slug: str) -> str:
    """The name within M2's family: ``M2.5``."""
    return display(slug).removeprefix("MiniMax ")


def in_order(lineage: Sequence[dict[str, Any]]) -> list[str]:
    """The members of the lineage, eldest first."""
    position = {row["base_permaslug"]: row["position"] for row in lineage}
    return sorted(position, key=position.__getitem__)
