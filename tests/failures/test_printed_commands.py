"""F51: what the documents tell people to type, typed on a fresh clone, as printed.

One clone is prepared by `make run` for all of it: a copy of what git knows, with an environment of its own that borrows the
installed packages. Nothing here needs the internet. What cannot run in a test is named below, with the reason.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
import venv
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from pipeline import store
from pipeline.alerts.freshness import status_of
from pipeline.run.session import utc_now
from pipeline.settings import ROOT, DataDir
from tests import printed
from tests.support import settings_for

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

STALE = 1
STATUS = {"openrouter-usage status": STALE, "openrouter-usage status --all": STALE}
"""What ends with another code than 0, as documented: recorded figures are old."""
DEMO = "eval \"$(make --dry-run demo) --from $(date --utc --date '-14 days' +%F)\""
"""What `make demo` types, for two weeks: without a first day it makes years of history, for minutes."""
TYPED_AS = {"make demo": DEMO}
UPGRADE = (
    "openrouter-usage export ../openrouter-before",
    "openrouter-usage rebuild",
    "openrouter-usage export ../openrouter-after",
    "openrouter-usage diff ../openrouter-before ../openrouter-after",
)
"""As docs/operations.md prints it, in this order."""
TIMEOUT = 600

pytestmark = pytest.mark.timeout(2 * TIMEOUT)  # whichever test is first waits for the clone


@dataclass
class Clone:
    """A fresh clone in which commands are typed, each once: printed twice, it has the answer that it had."""

    path: Path
    done: dict[str, subprocess.CompletedProcess[str]] = field(default_factory=dict)
    first_page: str = ""

    @property
    def data_dir(self) -> DataDir:
        return DataDir(self.path / "warehouse" / "data")

    def type(self, command: str, *, given: str | None = None) -> subprocess.CompletedProcess[str]:
        """The command in a shell in the clone's folder with its environment activated, without a key, without a network."""
        known = command.removeprefix(".venv/bin/")  # with the environment activated it is the same program
        if known not in self.done:
            self.done[known] = subprocess.run(
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
        return self.done[known]


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
    """A clone in which the first command of the README was typed, without a key and a network, and then those of an upgrade:
    where other pages print them, they are not typed again."""
    found = Clone(tmp_path_factory.mktemp("stranger") / "openrouter-usage")
    found.path.mkdir()
    copy_of_what_git_knows(found.path)
    borrow_environment(found.path)
    for command in ("make run", *UPGRADE):
        built = found.type(command)
        assert built.returncode == 0, built.stdout + built.stderr
        assert "SIMULATED" not in built.stdout
        found.first_page = found.first_page or found.data_dir.report.read_text()
    return found


# --- the first run -----------------------------------------------------------------------------------------------------


def test_f51_the_first_run_builds_the_recorded_story_without_the_internet(clone: Clone) -> None:
    """Exit 0 and one line: why nothing newer came, and on which day the figures end."""
    done = clone.type("make run")
    (line,) = [one for one in done.stderr.splitlines() if one.startswith("warning: ")]
    assert line.startswith("warning: cannot reach openrouter.ai and vercel.com: ")
    assert line.endswith("; figures end on 3 August 2026")
    said = {name: text for name, _, text in (one.strip().partition(" ") for one in done.stdout.splitlines())}
    assert said["sources"].strip() == "2 not reached: openrouter.ai, vercel.com"
    assert said["checks"].endswith(" passed, 0 failed")
    assert "requests" not in said, "none was sent"
    with store.connect(clone.data_dir.published, read_only=True) as con:
        [peak] = store.rows(
            con, "select usage_date, total_tokens from marts.m2_usage_daily order by 2 desc nulls last limit 1"
        )
        assert peak == {"usage_date": date(2025, 11, 11), "total_tokens": 84_323_736_444}
        [third] = store.rows(con, "select count(*) as weeks from marts.m2_coding_share_weekly where coding_rank = 3")
        assert third == {"weeks": 6}


def test_f51_the_page_of_the_first_run(clone: Clone) -> None:
    """The true story: coding is cited by its own reading, and a chart whose figures need a key is one line."""
    page = clone.first_page
    assert "MiniMax M2 took an eighth of coding in two weeks – most of its tokens free" in page
    assert "<b>12.3 %</b>" in page.partition('id="figures">')[2].partition("</ul>")[0]
    assert 'class="simulated"' not in page
    coding = page.partition('<section id="share"')[2].partition("</section>")[0]
    assert "as of 2026-05-04T09:13:57Z. Licensed under CC BY 4.0." in coding.partition('<p class="source">')[2]
    for chart in ("weights", "price"):
        assert f'<li id="{chart}">' in page
    assert "2 never fetched, 43 need a key" in page


def test_f51_only_what_can_come_without_a_key_is_expected(clone: Clone) -> None:
    """The exact days are stale; everything else is recorded or needs a key, and no incident is made of it."""
    status = status_of(settings_for(clone.data_dir.path, api_key=None), utc_now())
    assert [one.series.name for one in status.series if not one.is_fresh] == ["usage_day"]
    states = {one.series.name: one.shown_state for one in status.series}
    assert states["category_week/programming"] == "imported, newer data needs a key"
    assert states["task_7d"] == "needs a key"


# --- all that is printed -----------------------------------------------------------------------------------------------


def told(commands: list[str], clone: Clone) -> list[str]:
    """The commands that failed, each with the end of what it said."""
    failed = []
    for command in commands:
        typed = clone.type(TYPED_AS.get(command, command))
        if typed.returncode != STATUS.get(command, 0):
            failed.append(f"{command}: {(typed.stdout + typed.stderr)[-400:]}")
    return failed


@pytest.mark.parametrize("page", dict.fromkeys(page for page, _ in printed.commands()))
def test_f51_printed_commands_run_on_a_fresh_clone(clone: Clone, page: str) -> None:
    """Each command of a page goes well as printed, in its order, where only the recording was built before."""
    wanted = [command for at, command in printed.commands() if at == page and command not in NOT_RUN]
    assert told(wanted, clone) == []


def test_f51_commands_work_where_the_recording_was_built(clone: Clone) -> None:
    """Without a key and a named directory each command that fetches nothing is of the imported responses, and says so."""
    where = "data directory: warehouse/data"
    kept = "../openrouter-backup"
    for command in ("status", "verify", "alert", "report", "export", f"backup {kept}", "rebuild", f"restore {kept}"):
        typed = clone.type(f"openrouter-usage {command}")
        assert typed.returncode == STATUS.get(f"openrouter-usage {command}", 0), (command, typed.stderr)
        assert any(line.startswith(where) for line in typed.stderr.splitlines()), command


def test_f51_two_builds_of_the_recording_do_not_differ(clone: Clone) -> None:
    """Exported before and after a rebuild, they are compared, and nothing moved."""
    assert {*UPGRADE} <= {command for _, command in printed.lines("sh")}
    assert "Nothing moved" in clone.type(UPGRADE[-1]).stdout


def test_f51_notebook_reads_where_the_recording_was_built(clone: Clone) -> None:
    """The notebook opens the same file, without a variable."""
    shown = clone.type(
        'python -c \'import runpy; app = runpy.run_path("warehouse/notebooks/m2_coding_share.py")["app"]; '
        'print(app.run()[1]["data_dir"].path)\''
    )
    assert shown.stdout.splitlines()[-1:] == [str(clone.path / "warehouse" / "data")], shown.stderr


def test_f51_what_is_not_run_is_printed_somewhere() -> None:
    """The list of exceptions has no line too many."""
    assert NOT_RUN.keys() - {command for _, command in printed.commands()} == set()
