"""What is released: the version, the wheel, the changelog, how to cite.

Belongs here: what holds of the files of a release whatever data it is of. Not here: its data
(``pipeline/publish/test_release``).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.version import Version

from pipeline.failures import PermanentFailure
from pipeline.publish import release
from pipeline.settings import ROOT

CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
CHANGES = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")


def done(*arguments: str, cwd: Path, **environment: str) -> str:
    """What a program prints that ends well."""
    own = {"HOME": str(cwd), "GIT_CONFIG_GLOBAL": os.devnull, "PATH": os.environ["PATH"], **environment}
    return subprocess.run(arguments, cwd=cwd, env=own, capture_output=True, text=True, timeout=60, check=True).stdout.strip()


# --- the version ------------------------------------------------------------------------------------------------------


def git(folder: Path, *arguments: str) -> str:
    return done("git", "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments, cwd=folder)


def version_of(folder: Path, **environment: str) -> str:
    return done(sys.executable, "-m", "hatchling", "version", cwd=folder, **environment)


def test_version_is_of_git(tmp_path: Path) -> None:
    """Before a tag, at it, after it, in a shallow clone, in an archive, without git: there is a version, and no failure."""
    project = tmp_path / "project"
    project.mkdir()
    for name in ("pyproject.toml", ".git_archival.txt", ".gitattributes"):
        shutil.copy(ROOT / name, project)
    git(project, "init", "--quiet")
    git(project, "add", ".")
    git(project, "commit", "--quiet", "--message", "one")
    assert re.fullmatch(r"0\.0\.dev1\+g[0-9a-f]+", version_of(project))
    git(project, "tag", "v0.3.0")
    assert version_of(project) == "0.3.0"
    git(project, "archive", "--prefix", "archived/", "--output", str(tmp_path / "archive.zip"), "HEAD")
    git(project, "commit", "--quiet", "--allow-empty", "--message", "two")
    assert re.fullmatch(r"0\.3\.1\.dev1\+g[0-9a-f]+", version_of(project))
    assert version_of(project, PATH=str(tmp_path)) == "0.0.dev0"
    git(tmp_path, "clone", "--quiet", "--depth", "1", project.as_uri(), "shallow")
    assert re.fullmatch(r"0\.0\.dev1\+g[0-9a-f]+", version_of(tmp_path / "shallow"))
    with zipfile.ZipFile(tmp_path / "archive.zip") as packed:
        packed.extractall(tmp_path)
    assert version_of(tmp_path / "archived") == "0.3.0"


# --- the wheel --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, unpacked: built as `make release` builds it, without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    release._build_distributions(folder / "built")
    (built,) = (folder / "built").glob("*.whl")
    with zipfile.ZipFile(built) as packed:
        packed.extractall(folder / "unpacked")
    return folder / "unpacked"


def files_beneath(folder: Path, *packages: str) -> set[str]:
    paths = (path for package in packages for path in (folder / package).rglob("*") if path.is_file())
    names = {path.relative_to(folder).as_posix() for path in paths if "__pycache__" not in path.parts}
    return {name for name in names if not name.startswith(("warehouse/data/", "warehouse/demo/"))}


def test_wheel_has_every_file_of_the_packages(wheel: Path) -> None:
    """SQL, reference files, recordings, words, templates, Dagster's settings are in it, and no data of this machine."""
    packages = ("pipeline", "assets", "warehouse")
    assert files_beneath(wheel, *packages) == files_beneath(ROOT, *packages)
    assert {path.name for path in wheel.iterdir() if not path.name.endswith(".dist-info")} == set(packages)


def from_wheel(wheel: Path, home: Path, program: str) -> subprocess.CompletedProcess[str]:
    """Python with the wheel and what it depends on, elsewhere, and without this checkout: -S leaves its .pth file out."""
    paths = [str(wheel), sysconfig.get_path("purelib")]
    return subprocess.run(
        [sys.executable, "-S", "-c", program],
        cwd=home,
        env={"HOME": str(home), "PYTHONPATH": os.pathsep.join(paths), "PATH": "", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_wheel_works_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """It compiles every table, knows its version and no commit; its data is in the user's folder, not beside the code."""
    found = from_wheel(
        wheel,
        tmp_path,
        "import sys, pipeline; from pipeline import program, store; from pipeline.publish import checkout\n"
        "from pipeline.publish.report.words import words\n"
        "print(pipeline.__file__, checkout.commit(), program.version(), len(store.definitions()), words('zh')('page.yes'))\n"
        f"assert not [path for path in sys.path if path.startswith({str(ROOT)!r}) and 'site-packages' not in path]\n",
    )
    assert found.returncode == 0, found.stderr
    place, commit, version, tables, _ = found.stdout.split()
    assert (Path(place).is_relative_to(wheel), commit, int(tables) > 100) == (True, "None", True)
    assert f"openrouter_usage-{version}.dist-info" in [path.name for path in wheel.iterdir()]
    empty = from_wheel(wheel, tmp_path, "from pipeline.cli import main; main(['status'])")
    data = tmp_path / ".local" / "share" / "openrouter-usage" / "warehouse" / "data"
    assert f"{data} has no data yet" in empty.stderr, empty.stderr


# --- the changelog and the citation -----------------------------------------------------------------------------------


def test_changelog_keeps_its_form() -> None:
    """Unreleased first, then versions with their days, newest first; below each what was added, changed or fixed."""
    first, *others = re.findall(r"^## (.*)$", CHANGELOG, re.MULTILINE)
    assert first == "[Unreleased]"
    released = [re.fullmatch(r"\[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)", one) for one in others]
    assert None not in released, others
    versions = [(Version(one[1]), one[2]) for one in released if one]
    assert versions == sorted(versions, reverse=True)
    assert set(re.findall(r"^### (.*)$", CHANGELOG, re.MULTILINE)) <= set(CHANGES)


def test_a_tag_needs_its_section(tmp_path: Path) -> None:
    """Nobody releases a version of which readers cannot find what changed; commits between tags need none."""
    changelog = tmp_path / "CHANGELOG.md"
    changelog.write_text("# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2026-12-01\n")
    release._require_entry(changelog, "0.2.0")
    release._require_entry(changelog, "0.2.1.dev3+gabcdef0")
    with pytest.raises(PermanentFailure, match=r"has no section for 0\.2\.1"):
        release._require_entry(changelog, "0.2.1")


def test_citation_is_valid_and_cannot_be_outdated() -> None:
    """The published schema accepts it; version and day are those of the tag, so that the file names none."""
    schema = ["--builtin-schema", "vendor.citation-file-format", str(ROOT / "CITATION.cff")]
    checked = subprocess.run(
        [str(Path(sys.executable).parent / "check-jsonschema"), *schema], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["cff-version"] == "1.2.0"
    assert {"version", "date-released"}.isdisjoint(citation)
    assert (ROOT / "LICENSE").read_text().startswith(f"{citation['license']} License")
