"""A release of the made-up tables: whole, checkable, the same bytes again, and without what may not be passed on."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import program
from pipeline.failures import PermanentFailure
from pipeline.publish import checkout, release
from pipeline.settings import Settings
from tests import support
from tests.pipeline.publish.packages import content, publish
from tests.warehouse.readings import Tables

COMMIT, VERSION = "c0ffee", "0.1.1.dev1+gc0ffee"


@pytest.fixture(autouse=True, scope="module")
def clean() -> Iterator[None]:
    """A checkout at the commit that built the tables, without changes; the wheel is built elsewhere (``test_release``)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkout, "git", lambda *arguments: "" if arguments[0] == "status" else COMMIT)
        patch.setattr(program, "version", lambda: VERSION)
        patch.setattr(release, "_build_distributions", lambda folder: folder.mkdir())
        yield


@pytest.fixture(scope="module")
def released(tables: Tables, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two releases of the same landing, whose tables were built at two times."""
    folder = tmp_path_factory.mktemp("released")
    targets = [folder / "one", folder / "two"]
    for target, instant in zip(targets, ("2026-03-02T06:00", "2026-03-09T07:30"), strict=True):
        settings = publish(tables, version=VERSION, git_commit=COMMIT, built_at=support.instant(instant))
        release.release(settings, target)
    return targets


def unpacked(folder: Path) -> dict[str, bytes]:
    """Every file in the zips of a release, by its path without the folder of the zip."""
    found: dict[str, bytes] = {}
    for path in folder.glob("*.zip"):
        with zipfile.ZipFile(path) as packed:
            found |= {name.partition("/")[2]: packed.read(name) for name in packed.namelist()}
    return found


def test_the_same_landing_gives_the_same_bytes(released: list[Path]) -> None:
    """Anyone who has the responses and the commit can build a release again, and compare."""
    one, two = map(content, released)
    assert {"README.md", "SHA256SUMS"} < set(one)
    assert one == two


def test_a_release_can_be_checked_and_names_its_source(released: list[Path]) -> None:
    """`sha256sum -c` covers every other file; README.md names version, commit, the newest fetch and the responses."""
    folder = released[0]
    lines = [line.split("  ") for line in (folder / "SHA256SUMS").read_text().splitlines()]
    assert {name for _, name in lines} == set(content(folder)) - {"SHA256SUMS"}
    assert [[hashlib.sha256((folder / name).read_bytes()).hexdigest(), name] for _, name in lines] == lines
    readme = (folder / "README.md").read_text()
    made_with = json.loads(unpacked(folder)["datapackage.json"])["made_with"]
    assert (made_with["version"], made_with["git_commit"]) == (VERSION, COMMIT)
    assert f"# openrouter-usage {VERSION}\n" in readme
    assert f"commit {COMMIT}." in readme
    assert "as of 2026-" in readme
    assert "landed responses; sha256 of their sorted ids: " in readme


def test_a_release_passes_on_nothing_that_it_may_not(released: list[Path]) -> None:
    """No table that is left out, no word of the catalogue, no local page, no state of this machine is in it."""
    files = unpacked(released[0])
    left_out = {one["table"] for one in json.loads(files["datapackage.json"])["left_out"]}
    assert "core.model_catalogue" in left_out
    assert [name for name in files if name.partition(".")[0].replace("/", ".") in left_out] == []
    assert [name for name, text in files.items() if b"The name of X" in text] == []
    assert {"index.html", "index.zh.html", "feed.xml", "latest.csv"} < set(files)
    assert "local.html" not in files
    assert [name for name in files if Path(name).name.startswith(".")] == []


def refused(settings: Settings, folder: Path) -> str:
    """Why no release is made. The one before stays."""
    target = folder / "release"
    target.mkdir(parents=True)
    with pytest.raises(PermanentFailure) as failed:
        release.release(settings, target)
    assert [path.name for path in folder.iterdir()] == ["release"]
    return str(failed.value)


def test_nothing_built_is_one_line(tmp_path: Path) -> None:
    """A fresh clone has no tables: the message names the command that builds them."""
    assert "run `make run` first" in refused(support.settings_for(tmp_path / "none"), tmp_path / "nothing")


def test_other_code_is_refused(tables: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables of another commit or version, and a checkout with changes, are no release of this commit."""
    settings = publish(tables, version=VERSION, git_commit="decade", built_at=support.instant("2026-03-10T06:00"))
    assert "commit decade, and this is version" in refused(settings, tmp_path / "other")
    changes = {("status", "--porcelain"): "?? notes.txt", ("rev-parse", "HEAD"): COMMIT}
    monkeypatch.setattr(checkout, "git", lambda *arguments: changes.get(arguments, ""))
    assert "changes that are not committed (notes.txt)" in refused(settings, tmp_path / "changed")


def test_simulated_figures_are_refused(tables: Tables, tmp_path: Path) -> None:
    """What the simulator made up is published by nobody by mistake."""
    settings = publish(
        tables, version=VERSION, git_commit=COMMIT, built_at=support.instant("2026-03-11T06:00"), is_simulated=True
    )
    assert "is simulated" in refused(settings, tmp_path / "simulated")
