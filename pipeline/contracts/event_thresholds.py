"""What counts as an event, as ``warehouse/reference/event_thresholds.toml`` says it: read, judged, and laid out in rows.

Belongs here: the keys of that file, and refusing what it cannot mean. Not here: what an event is
(``warehouse/marts/events.sql``).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.failures import PermanentFailure
from pipeline.openrouter.endpoints.rankings import CATEGORIES
from pipeline.settings import WAREHOUSE

FILE = WAREHOUSE / "reference" / "event_thresholds.toml"
EVERY_MODEL = "*"
PLATFORM = "usage_day"

_COUNTS, _PARTS = ("top", "passes_within"), ("restated_change", "stealth_share")
_OF_CATEGORY = (*_COUNTS, "share_change_pp", "restated_change")
_ALL = ("follow", *_COUNTS, "share_change_pp", *_PARTS)
_MOST = {"top": 50, "passes_within": 50, "share_change_pp": 100, "restated_change": 100, "stealth_share": 1}


def read(path: Path = FILE) -> list[dict[str, Any]]:
    """One row per followed series and pattern of models, with every threshold that holds there.

    Raises PermanentFailure, in a line that names the place, for what the file cannot mean.
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _refused(path, f"it cannot be read ({error})") from error
    _known(path, "the file", found, ("default", "platform", "category", "model"))
    default = _section(path, "[default]", found.get("default", {}), _ALL)
    if missing := [key for key in _ALL if key not in default]:
        raise _refused(path, f"[default] lacks {', '.join(missing)}")
    sections = {}
    if "platform" in found:
        sections[PLATFORM] = _section(path, "[platform]", found["platform"], _PARTS)
    categories = _table(path, "[category]", found.get("category", {}))
    _known(path, "[category]", categories, CATEGORIES)
    for name, keys in categories.items():
        sections[f"category_week/{name}"] = _section(path, f'[category."{name}"]', keys, _OF_CATEGORY)
    models: dict[str, dict[str, Any]] = {EVERY_MODEL: {}}
    for pattern, keys in _table(path, "[model]", found.get("model", {})).items():
        place = f'[model."{pattern}"]'
        if "/" not in pattern or ":" in pattern or set("?[]") & set(pattern):
            raise _refused(path, f"{place} is no author/model, nor one with * in it (variants such as :free are one model)")
        models[pattern] = _section(path, place, keys, _ALL)
    rows = []
    for series, section in sections.items():
        for pattern, of_model in models.items():
            row = {"series": series, "model_pattern": pattern, **default, **section, **of_model}
            row["is_followed"] = row.pop("follow")
            rows.append(row)
    return rows


def _section(path: Path, place: str, found: Any, allowed: tuple[str, ...]) -> dict[str, Any]:
    """The keys of one section, each of its type and within its limits."""
    keys = _table(path, place, found)
    _known(path, place, keys, allowed)
    for key, value in keys.items():
        if key == "follow":
            wanted, is_right = "true or false", isinstance(value, bool)
        elif key in _COUNTS:
            wanted, is_right = f"a whole number from 1 to {_MOST[key]}", type(value) is int and 1 <= value <= _MOST[key]
        else:
            is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
            wanted, is_right = f"a number above 0, at most {_MOST[key]}", is_number and 0 < value <= _MOST[key]
        if not is_right:
            raise _refused(path, f"{place} {key} = {value!r} is not {wanted}")
    return {key: float(value) if key not in ("follow", *_COUNTS) else value for key, value in keys.items()}


def _table(path: Path, place: str, found: Any) -> Mapping[str, Any]:
    if not isinstance(found, dict):
        raise _refused(path, f"{place} is a value where a section is expected")
    return found


def _known(path: Path, place: str, found: Mapping[str, Any], allowed: tuple[str, ...]) -> None:
    if unknown := [key for key in found if key not in allowed]:
        raise _refused(path, f"{place} does not know {', '.join(map(repr, unknown))}; known are {', '.join(allowed)}")


def _refused(path: Path, what: str) -> PermanentFailure:
    return PermanentFailure(f"reading {path} failed, {what}: mend the file, its comments say what each key means")
