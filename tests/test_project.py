"""The project as a whole: its targets, its lock file, what git must not see, and which module may touch what."""

from __future__ import annotations

import ast
import gzip
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from pipeline.settings import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()
LOCKS = {
    name: (ROOT / name).read_text()
    for name in ("requirements.lock", "requirements-dev.lock", "benchmarks/contestants/dlt.lock")
}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

MODULES = sorted(path for folder in ("pipeline", "assets") for path in (ROOT / folder).rglob("*.py"))

needs_git = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this is no git checkout")


def git(*arguments: str) -> subprocess.CompletedProcess[str]:
    """git in the project's root, as the project configures it and not as this machine's user does."""
    return subprocess.run(
        ["git", "-c", "core.excludesFile=/dev/null", *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip


# --- the Makefile ----------------------------------------------------------------------------------------------------


def documented() -> dict[str, str]:
    return dict(re.findall(r"^([a-z-]+):.*## (.+)$", MAKEFILE, flags=re.MULTILINE))


def test_make_alone_lists_the_targets() -> None:
    """Whoever types only ``make`` is shown every target, that is promised as phony and has its rule and its words, and
    nothing is installed or run."""
    (phony,) = re.findall(r"^\.PHONY: (.+)$", MAKEFILE, flags=re.MULTILINE)
    assert set(phony.split()) == set(documented())
    # Not as a part of the make that runs the tests, which would name the directories it enters.
    own = {name: value for name, value in os.environ.items() if not name.startswith("MAKE") and name != "MFLAGS"}
    done = subprocess.run(["make"], cwd=ROOT, env=own, capture_output=True, text=True, timeout=30, check=True)
    assert dict(line.split(maxsplit=1) for line in done.stdout.splitlines()) == documented()


# --- the lock files --------------------------------------------------------------------------------------------------

each_lock = pytest.mark.parametrize("name", LOCKS)


def locked(name: str) -> dict[str, dict[str, list[str]]]:
    """Every package of a lock, by version (some differ by Python or platform): its hashes."""
    found: dict[str, dict[str, list[str]]] = {}
    for begun, rest in re.findall(r"^(\w[^\n]*)\n((?:[ ]+[^\n]*\n?)*)", LOCKS[name], flags=re.MULTILINE):
        requirement = Requirement(begun.removesuffix("\\"))
        (exact,) = requirement.specifier
        assert exact.operator == "=="
        hashes = re.findall(r"--hash=sha256:[0-9a-f]{64}", rest)
        found.setdefault(canonicalize_name(requirement.name), {})[exact.version] = hashes
    return found


@each_lock
def test_every_locked_package_has_its_hash(name: str) -> None:
    """What is installed is what was locked, byte for byte, wherever it is downloaded from."""
    entries = [(package, rest) for package, versions in locked(name).items() for rest in versions.values()]
    begun = [line for line in LOCKS[name].splitlines() if line and not line.startswith((" ", "#", "-"))]
    assert len(entries) == len(begun) > 30
    assert [package for package, rest in entries if not rest] == []


@each_lock
def test_lock_names_no_place(name: str) -> None:
    """The lock holds on every machine: no index, no link, no path of where it was made."""
    assert [
        line
        for line in LOCKS[name].splitlines()
        if "://" in line or re.search(r"^\s*--(index|extra-index|find-links|trusted-host)| @ |file:", line)
    ] == []


def test_locks_agree() -> None:
    """The tests run with what `make run` installs, the same files, and nobody installs more than that to run it."""
    product, development = locked("requirements.lock"), locked("requirements-dev.lock")
    assert {name: versions for name, versions in product.items() if development.get(name) != versions} == {}
    assert sum(map(len, product.values())) <= 175


def test_locks_agree_with_what_is_asked_for() -> None:
    """Every direct dependency is locked at a version that pyproject.toml allows; the pinned ones at exactly that."""
    project, groups = PROJECT["project"], PROJECT["dependency-groups"]
    product = [*project["dependencies"], *project["optional-dependencies"]["lake"], *groups["build"]]
    development = [*project["optional-dependencies"]["notebook"], *(one for one in groups["dev"] if isinstance(one, str))]
    for name, texts in (("requirements.lock", product), ("requirements-dev.lock", [*product, *development])):
        packages = locked(name)
        for requirement in map(Requirement, texts):
            versions = packages[canonicalize_name(requirement.name)]
            assert [version for version in versions if not requirement.specifier.contains(version)] == [], requirement
    pinned = {one.name for one in map(Requirement, product) if any(part.operator == "==" for part in one.specifier)}
    assert pinned >= {"dagster", "dagster-webserver", "dagster-dg-cli", "duckdb", "duckdb-cli", "great-expectations"}


def test_python_versions_agree() -> None:
    """The Makefile's guard, its words and pyproject.toml speak of the same Python versions."""
    supported = SpecifierSet(PROJECT["project"]["requires-python"])
    (low, high) = re.findall(r"\((3), (\d+)\) <= sys\.version_info\[:2\] <= \((3), (\d+)\)", MAKEFILE)[0][1::2]
    accepted = [f"3.{minor}" for minor in range(int(low), int(high) + 1)]
    assert [f"3.{minor}" for minor in range(20) if supported.contains(f"3.{minor}.5")] == accepted
    assert f"needs Python {accepted[0]} to {accepted[-1]}" in MAKEFILE


# --- what git sees ---------------------------------------------------------------------------------------------------


MADE_HERE = [
    *(".venv/bin/python", ".env", ".dagster/storage/runs.db", "warehouse/data/landing/models/2026/a.json"),
    *("release/SHA256SUMS", "warehouse/demo/openrouter.duckdb", "warehouse/data/.dagster/x", "pipeline/__pycache__/cli.pyc"),
    *(".mypy_cache/x", ".hypothesis/x"),
]
SHARED = [".env.example", "warehouse/reference/model_lineages.csv", *LOCKS]


@needs_git
def test_git_ignores_what_is_made_here() -> None:
    """Neither a key nor data nor an environment is committed by a careless ``git add``; what is shared is let through."""
    assert all((ROOT / path).exists() for path in SHARED)
    assert git("check-ignore", "--no-index", *MADE_HERE, *SHARED).stdout.splitlines() == MADE_HERE


def tracked() -> list[Path]:
    return [ROOT / name for name in git("ls-files", "-z").stdout.split("\0") if name and (ROOT / name).is_file()]


def content(path: Path) -> str:
    raw = path.read_bytes()
    return (gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw).decode(errors="replace")


# Written so that this file does not hold what it looks for.
REGISTRIES = re.compile(r"(?:pypi|pythonhosted|anaconda|npmjs|crates)\.(?:org|io|com)|[a-z.-]*artifactory[a-z.-]+/")
HERE = re.compile(r"(?<![\w.:/-])/(?:work|root|home|Users)/\w")
KEYS = re.compile(r"sk-or-v1-[0-9a-f]{64}")


@needs_git
@pytest.mark.parametrize(
    ("pattern", "what"),
    [(REGISTRIES, "a package registry's host"), (HERE, "a path of somebody's machine"), (KEYS, "a key of the source")],
)
def test_tracked_files_know_no_machine(pattern: re.Pattern[str], what: str) -> None:
    """The project can be taken to another machine and network: no tracked file holds a place or a key of this one."""
    assert len(tracked()) > 50
    found = {path.relative_to(ROOT).as_posix(): pattern.findall(content(path)) for path in tracked()}
    assert {name: hits for name, hits in found.items() if hits} == {}, what


@needs_git
def test_tracked_files_do_not_name_this_checkout() -> None:
    """Not even the folder in which the tests run now, wherever that is."""
    assert [path for path in tracked() if f"{ROOT}{os.sep}" in content(path)] == []


def test_paths_of_a_machine_are_recognised() -> None:
    """The pattern above finds what it is for, and nothing else."""
    assert all(HERE.search(text) for text in ("see /ro" + "ot/x", "cd /wor" + "k/main", '"/ho' + 'me/a"'))
    assert not any(HERE.search(text) for text in ("https://example.com/work/x", "docs/home/x", "the /homepage"))


# --- which module may touch what -------------------------------------------------------------------------------------


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def uses(tree: ast.Module) -> Iterator[str]:
    """What a module reaches for: top packages it imports anywhere, ``os.environ``, ``to_pandas``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]
            if node.module == "os":
                yield from (f"os.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Attribute):
            named = isinstance(node.value, ast.Name)
            yield f"{node.value.id}.{node.attr}" if isinstance(node.value, ast.Name) and named else node.attr
            yield node.attr


def users_of(*things: str) -> list[str]:
    return [
        path.relative_to(ROOT).as_posix() for path in MODULES if not set(things).isdisjoint(uses(tree_of(path)))
    ]  # fmt: skip


def test_uses_are_found_wherever_they_stand() -> None:
    """Imports inside functions and each way to the environment count."""
    source = "def f():\n    import a.b\n    from os import environ\n    os.getenv('x')\n    frame.rows().to_pandas()\n"
    assert set(uses(ast.parse(source))) >= {"a", "os.environ", "os.getenv", "to_pandas"}


def test_modules_say_what_belongs_in_them() -> None:
    """Every module begins with what belongs there."""
    said = {path: ast.get_docstring(tree_of(path)) or "" for path in MODULES}
    assert [path for path, text in said.items() if not re.match(r".+[.,:]$|.*\n", text)] == []


@pytest.mark.parametrize(
    ("things", "users"),
    [
        # Budget, key and archive cannot be passed by. Alerts have a door of their own.
        (("httpx", "urllib3", "aiohttp", "smtplib"), ["pipeline/alerts/channels.py", "pipeline/openrouter/client.py"]),
        # Frames are Polars everywhere but where Great Expectations wants pandas.
        (("great_expectations",), ["pipeline/load/validation/judge.py"]),
        (("pandas", "to_pandas"), ["pipeline/load/validation/judge.py"]),
        # Settings come from one module; the UI alone also sets PATH, for Dagster's processes.
        (("os.environ", "os.getenv", "os.environb", "os.putenv"), ["pipeline/settings.py", "pipeline/terminal/ui.py"]),
    ],
)
def test_things_have_one_door(things: tuple[str, ...], users: list[str]) -> None:
    assert users_of(*things) == users


def test_ui_sets_two_variables() -> None:
    tree = tree_of(ROOT / "pipeline" / "terminal" / "ui.py")
    names = {
        node.slice.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Constant)
        and ast.unparse(node.value) == "os.environ"
    }
    reads = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and ast.unparse(node) == "os.environ"]
    assert names == {"PATH", "VIRTUAL_ENV"}
    assert len(reads) == 3, "PATH is read once to be set anew, PATH and VIRTUAL_ENV are set"


def test_ducks_are_opened_in_one_room() -> None:
    """Only the store opens DuckDB files, so that lock, time zone and access are one for all; and the lake."""
    users = users_of("duckdb")
    assert users
    assert {Path(user).parent.as_posix() for user in users} == {"pipeline/store"}
