"""What drawing keeps from run to run: the same page, sooner; and the same page where the file is damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.publish.report import kept


@pytest.fixture(autouse=True)
def _forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_texts", {})
    monkeypatch.setattr(kept, "_used", set())


def made(path: Path, *recipes: str) -> list[str]:
    """What a run makes anew that uses these; each run begins with what the file has."""
    found: list[str] = []
    kept._texts.clear()
    with kept.from_run_to_run(path):
        for recipe in recipes:

            def make(recipe: str = recipe) -> str:
                found.append(recipe)
                return f"<{recipe}>"

            assert kept.text(recipe, make) == f"<{recipe}>"
    return found


def test_what_is_made_of_the_same_is_made_once(tmp_path: Path) -> None:
    """Another recipe is another text; what a run did not use is not kept."""
    path = tmp_path / "kept.gz"
    assert made(path, "a", "b") == ["a", "b"]
    assert made(path, "a", "c", "a") == ["c"]
    assert made(path, "b") == ["b"]


@pytest.mark.parametrize("content", [b"", b"no gzip", b"\x1f\x8b\x08"], ids=["empty", "other", "cut"])
def test_a_damaged_file_costs_time_alone(tmp_path: Path, content: bytes) -> None:
    """Everything is made again, and kept again."""
    path = tmp_path / "kept.gz"
    path.write_bytes(content)
    assert made(path, "a") == ["a"]
    assert made(path, "a") == []
