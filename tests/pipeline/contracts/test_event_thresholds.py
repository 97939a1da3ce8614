"""The file of thresholds: what it says reaches the table, and what it cannot mean is refused in one line."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from assets.published import _build
from pipeline.contracts import event_thresholds
from pipeline.definitions import build_defs
from pipeline.failures import PermanentFailure
from tests.support import instant, settings_for

DEFAULT = """
[default]
follow = true
top = 10
passes_within = 3
share_change_pp = 2
restated_change = 0.005
stealth_share = 0.01
"""


def read(tmp_path: Path, text: str) -> list[dict[str, Any]]:
    path = tmp_path / "thresholds.toml"
    path.write_text(DEFAULT + text)
    return event_thresholds.read(path)


def test_the_more_particular_outweighs(tmp_path: Path) -> None:
    """A model's own threshold before its category's, that before the default; what has no section is not followed."""
    rows = read(
        tmp_path,
        """
        [platform]
        [category."marketing/seo"]
        top = 5
        share_change_pp = 4
        [model."minimax/*"]
        share_change_pp = 0.5
        """,
    )
    shown = [(row["series"], row["model_pattern"], row["top"], row["share_change_pp"], row["is_followed"]) for row in rows]
    assert shown == [
        ("usage_day", "*", 10, 2.0, True),
        ("usage_day", "minimax/*", 10, 0.5, True),
        ("category_week/marketing/seo", "*", 5, 4.0, True),
        ("category_week/marketing/seo", "minimax/*", 5, 0.5, True),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[categories.programming]", "the file does not know 'categories'; known are default, platform, category, model"),
        ("[category.coding]", "[category] does not know 'coding'; known are programming"),
        ("[category.programming]\nstealth_share = 0.1", "[category.\"programming\"] does not know 'stealth_share'"),
        ("[category.programming]\ntop = '10'", "top = '10' is not a whole number from 1 to 50"),
        ("[category.programming]\ntop = true", "top = True is not a whole number"),
        ("[category.programming]\nshare_change_pp = 0", "share_change_pp = 0 is not a number above 0, at most 100"),
        ("[platform]\nstealth_share = 1.5", "stealth_share = 1.5 is not a number above 0, at most 1"),
        ("[platform]\nrestated_change = nan", "restated_change = nan is not a number above 0"),
        ('[model."minimax/minimax-m2"]\nfollow = "no"', "follow = 'no' is not true or false"),
        ('[model."minimax/minimax-m2:free"]', "is no author/model"),
        ("platform = 3", "[default] does not know 'platform'"),
        ("[platform", "it cannot be read"),
    ],
)
def test_what_the_file_cannot_mean_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """One line that names the file, the place, what is wrong and what to do; nothing is ignored."""
    with pytest.raises(PermanentFailure) as refused:
        read(tmp_path, text)
    message = str(refused.value)
    assert said in message
    assert message.startswith(f"reading {tmp_path / 'thresholds.toml'} failed, ")
    assert message.endswith("mend the file, its comments say what each key means")
    assert "\n" not in message


def test_a_default_that_lacks_a_key_is_refused(tmp_path: Path) -> None:
    """No threshold is made up."""
    path = tmp_path / "thresholds.toml"
    path.write_text("[default]\ntop = 3")
    with pytest.raises(PermanentFailure, match=r"\[default\] lacks follow, passes_within, share_change_pp"):
        event_thresholds.read(path)


def test_a_file_that_cannot_be_meant_stops_a_run_before_it_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Definitions do not load: no request is spent on a run that could not publish."""
    path = tmp_path / "thresholds.toml"
    path.write_text("[defaults]")
    monkeypatch.setattr(event_thresholds.read, "__defaults__", (path,))
    with pytest.raises(PermanentFailure, match="does not know 'defaults'"):
        build_defs(settings_for(tmp_path))


def test_a_published_file_says_by_which_thresholds() -> None:
    """A figure cited is that of a definition: the hash of this file stands beside those of the others."""
    build = _build("run", instant("2026-01-02T06:30"), is_simulated=False)
    hashes = json.loads(build["reference_hashes"])
    assert hashes["event_thresholds.toml"] == hashlib.sha256(event_thresholds.FILE.read_bytes()).hexdigest()
    assert set(hashes) == {path.name for path in event_thresholds.FILE.parent.iterdir()}
