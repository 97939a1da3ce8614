"""F51: what the documents tell people to type, typed on a fresh clone, as printed.

One clone is prepared with the project's recording for all of it: a copy of what git knows, with an environment of its own
that borrows the installed packages. Nothing here needs the internet. What cannot run in a test is named below, with the
reason.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sysconfig
import venv
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pipeline.settings import ROOT
from tests import printed

PLACEHOLDER = "has a placeholder"
NAME = "names a command, and is not typed without more"
WHOLE_SUITE = "repeats tests of this suite, or runs for many minutes"
SERVER = "serves until it is stopped; started in tests of its own"
NETWORK = "reaches the package index"
PRIVILEGED = "changes the machine, as root"
NO_DOCKER = "needs Docker; its files are linted in tests/test_docs.py"
NEEDS_A_KEY = "fetches with a key, which a fresh clone lacks; done in tests/pipeline/test_cli.py"
RELEASED = "builds from a clone without changes; done in tests/pipeline/publish/test_release.py"
NEEDS_A_LAKE = "needs a PostgreSQL of its own; done in tests/lake"

NOT_RUN = {
    "make test": WHOLE_SUITE,
    "make lake": WHOLE_SUITE,
    "make all": WHOLE_SUITE,
    "make failures": WHOLE_SUITE,
    "make mutants": WHOLE_SUITE,
    "make crash": WHOLE_SUITE,
    "make worlds": WHOLE_SUITE,
    "make hostile": WHOLE_SUITE,
    ".venv/bin/python -m tests.crash --kills 60 --full 6": WHOLE_SUITE,
    "pytest -n 0 -q tests/warehouse/test_marts_makers.py tests/warehouse/test_catalogue.py": WHOLE_SUITE,
    "openrouter-usage run": "is what `make run` types",
    "make check": "is what comes before a commit, and asks the network for known vulnerabilities",
    "make lock": NETWORK,
    ".venv/bin/pip install -e '.[lake]'": NETWORK,
    "make ui": SERVER,
    "openrouter-usage ui": SERVER,
    "make notebook": SERVER,
    "openrouter-usage sql": "opens a prompt on a terminal; typed in tests/pipeline/terminal/test_prompt.py",
    "openrouter-usage alert --test": "needs a channel to send to; done in tests/pipeline/test_cli.py",
    "openrouter-usage COMMAND": PLACEHOLDER,
    "openrouter-usage diff A B": PLACEHOLDER,
    "openrouter-usage restore DIR": PLACEHOLDER,
    'openrouter-usage reject ID --why "…"': PLACEHOLDER,
    ".venv/bin/python -m benchmarks.thresholds PATH…": PLACEHOLDER,
    "make": NAME,
    "openrouter-usage backfill --plan": NEEDS_A_KEY,
    "openrouter-usage diff": NAME,
    "/opt/openrouter-usage/.venv/bin/openrouter-usage run": "is cron's, of a project in /opt",
    "/opt/openrouter-usage/.venv/bin/openrouter-usage alert": "is cron's, of a project in /opt",
    "install -m 600 .env /etc/openrouter-usage.env": PRIVILEGED,
    "cp docs/systemd/* /etc/systemd/system/": PRIVILEGED,
    "systemctl enable --now openrouter-usage@run.timer openrouter-usage@alert.timer": PRIVILEGED,
    "systemctl list-timers 'openrouter-usage@*'": "needs systemd",
    "docker compose --file docs/containers/compose.yaml up --build --detach": NO_DOCKER,
    "docker compose --file docs/containers/compose.yaml run --rm openrouter-usage status": NO_DOCKER,
    'git tag --annotate v0.2.0 --message "0.2.0"': "marks a release; done in tests/test_release.py",
    "make release": RELEASED,
    "make release DATA=DIR": PLACEHOLDER,
    "(cd release && sha256sum -c SHA256SUMS)": RELEASED,
    "python3 -m venv usage": NETWORK,
    "usage/bin/pip install openrouter_usage-0.2.0-py3-none-any.whl": NETWORK,
    "usage/bin/openrouter-usage run": "is of an installed wheel; done in tests/test_release.py",
    "pip install": NAME,
    "createdb -h HOST -U USER usage": NEEDS_A_LAKE,
    "export WAREHOUSE_URL='ducklake:postgres:dbname=usage host=HOST user=USER'": NEEDS_A_LAKE,
    "export WAREHOUSE_FILES=/shared/usage": NEEDS_A_LAKE,
    "export DAGSTER_POSTGRES_URL=postgresql+psycopg2://USER@HOST/dagster": NEEDS_A_LAKE,
    ".venv/bin/openrouter-usage migrate lake": NEEDS_A_LAKE,
    "openrouter-usage migrate lake": NEEDS_A_LAKE,
}

_DOCS = ("commands", "extend", "findings", "glossary", "method", "operations", "quote", "release", "scale", "validation")
_README = ("README.md", "README.zh-CN.md")
PAGES = (*_README, "AGENTS.md", "CONTRIBUTING.md", "SECURITY.md", *(f"docs/{name}.md" for name in _DOCS))
STALE = 1
STATUS = {"openrouter-usage status": STALE, "openrouter-usage status --all": STALE}
"""What ends with another code than 0, as documented: recorded figures are old."""
IMPORTED = ("openrouter-usage import warehouse/recordings", "openrouter-usage rebuild")
TIMEOUT = 600


@dataclass
class Clone:
    """A fresh clone in which commands are typed, each once: printed twice, it has the answer that it had."""

    path: Path
    done: dict[str, subprocess.CompletedProcess[str]] = field(default_factory=dict)

    def type(self, command: str, *, given: str | None = None) -> subprocess.CompletedProcess[str]:
        """The command in a shell in the clone's folder with its environment activated, without a key, without a network."""
        if command not in self.done:
            self.done[command] = subprocess.run(
                ["bash", "-c", f". .venv/bin/activate && {command}"],
                cwd=self.path,
                env={
                    "PATH": os.environ["PATH"],
                    "HOME": str(self.path.parent),
                    **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9"),
                    **dict.fromkeys(("no_proxy", "NO_PROXY"), "127.0.0.1,localhost"),
                },
                input=given,
                stdin=subprocess.DEVNULL if given is None else None,
                capture_output=True,
                text=True,
                timeout=TIMEOUT,
                check=False,
            )
        return self.done[command]


def copy_of_what_git_knows(target: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name, follow_symlinks=False)


def borrow_environment(target: Path) -> None:
    """What `make setup` makes, without installing: the clone's own packages first, then those that are installed here."""
    home = target / ".venv"
    venv.create(home, with_pip=False, symlinks=True)
    installed = sysconfig.get_path("purelib")
    (own,) = home.glob("lib/python*/site-packages")
    (own / "borrowed.pth").write_text(f"{target}\nimport site; site.addsitedir({installed!r})\n")
    for script in Path(sysconfig.get_path("scripts")).iterdir():
        there = home / "bin" / script.name
        if there.exists() or not script.is_file():
            continue
        text = script.read_bytes()
        if text.startswith(b"#!") and b"python" in text.partition(b"\n")[0]:
            there.write_bytes(f"#!{home}/bin/python".encode() + text[text.index(b"\n") :])
            there.chmod(0o755)
        else:
            there.symlink_to(script)
    for name in (".ready", ".ready-dev"):
        (home / name).touch()


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A clone in which the project's own recording was built, without a key and without a network."""
    found = Clone(tmp_path_factory.mktemp("stranger") / "openrouter-usage")
    found.path.mkdir()
    copy_of_what_git_knows(found.path)
    borrow_environment(found.path)
    for command in IMPORTED:
        built = found.type(command)
        assert built.returncode == 0, built.stdout + built.stderr
        assert "SIMULATED" not in built.stdout
    return found


def told(commands: list[str], clone: Clone) -> list[str]:
    """The commands that failed, each with the end of what it said."""
    failed = []
    for command in commands:
        typed = clone.type(command)
        if typed.returncode != STATUS.get(command, 0):
            failed.append(f"{command}: {(typed.stdout + typed.stderr)[-400:]}")
    return failed


@pytest.mark.timeout(2 * TIMEOUT)
@pytest.mark.parametrize("page", PAGES)
def test_f51_printed_commands_run_on_a_fresh_clone(clone: Clone, page: str) -> None:
    """Each command of a page goes well as printed, in its order, where only the recording was built before."""
    wanted = [command for at, command in printed.commands() if at == page and command not in NOT_RUN]
    wanted += [f'openrouter-usage sql "{query}"' for at, query in printed.blocks("sql") if at == page]
    assert told(wanted, clone) == []


@pytest.mark.timeout(2 * TIMEOUT)
def test_f51_commands_work_where_the_recording_was_built(clone: Clone) -> None:
    """Without a key and a named directory each command that fetches nothing is of the imported responses, and says so."""
    where = "data directory: warehouse/data"
    kept = "../openrouter-backup"
    for command in ("status", "verify", "alert", "report", "export", f"backup {kept}", "rebuild", f"restore {kept}"):
        typed = clone.type(f"openrouter-usage {command}")
        assert typed.returncode == STATUS.get(f"openrouter-usage {command}", 0), (command, typed.stderr)
        assert any(line.startswith(where) for line in typed.stderr.splitlines()), command


@pytest.mark.timeout(2 * TIMEOUT)
def test_f51_two_builds_of_the_recording_do_not_differ(clone: Clone) -> None:
    """Exported before and after a rebuild, they are compared, and nothing moved."""
    for command in ("openrouter-usage export ../one", "openrouter-usage rebuild && openrouter-usage export ../other"):
        assert clone.type(command).returncode == 0
    compared = clone.type("openrouter-usage diff ../one ../other")
    assert compared.returncode == 0, compared.stderr
    assert "Nothing moved" in compared.stdout


@pytest.mark.timeout(2 * TIMEOUT)
def test_f51_notebook_reads_where_the_recording_was_built(clone: Clone) -> None:
    """The notebook opens the same file, without a variable."""
    shown = clone.type(
        'python -c \'import runpy; app = runpy.run_path("warehouse/notebooks/m2_coding_share.py")["app"]; '
        'print(app.run()[1]["data_dir"].path)\''
    )
    assert shown.stdout.splitlines()[-1:] == [str(clone.path / "warehouse" / "data")], shown.stderr


@pytest.mark.timeout(2 * TIMEOUT)
@pytest.mark.parametrize(("query", "answer"), printed.ANSWERED.findall((ROOT / "docs" / "findings.md").read_text()))
def test_f51_questions_of_the_findings_have_their_answers(clone: Clone, query: str, answer: str) -> None:
    """Each query of the findings, typed on a fresh clone, has the answer that is printed below it."""
    answered = clone.type(f'openrouter-usage sql "{query}"').stdout
    cells, printed_below = ([re.split(r"  +", one.strip()) for one in text.splitlines()] for text in (answered, answer))
    assert cells == printed_below


def test_f51_what_is_not_run_is_printed_somewhere() -> None:
    """The list of exceptions has no line too many, and each page that prints a command is among those that are typed."""
    found = printed.commands()
    assert NOT_RUN.keys() - {command for _, command in found} == set()
    assert {page for page, _ in found} - {*PAGES} == set()
