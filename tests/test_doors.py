"""Every way in and out: what ``sql`` reaches, where services listen, and names from the source wherever they are shown."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import dagster_dg_cli.cli
import pytest
import yaml
from dagster import TableMetadataValue

from assets.metadata import failing_table
from assets.sparkline import sparkline
from pipeline import settings
from pipeline.definitions import CODE_LOCATION
from pipeline.settings import ROOT
from pipeline.simulator.server import Simulator, serve
from pipeline.terminal import ui
from pipeline.terminal.prompt import open_prompt
from tests.audit import audit
from tests.support import HOSTILE_NAMES, command

pytestmark = pytest.mark.usefixtures("own_machine")

MODELS = "select distinct model_permaslug from core.model_usage_daily where total_tokens > 20000 order by all"


# --- sql -------------------------------------------------------------------------------------------------------------

HARMFUL = [
    *("create table core.mine as select 1", "alter table core.models rename to y", "truncate core.models"),
    *("update marts.restatements set tokens_after = 0", "drop table core.blocks", "attach '{outside}/other.duckdb'"),
    *("from read_text('{outside}/secret.csv')", "from '{outside}/secret.csv'", "attach '{outside}/build.duckdb' as build"),
    *("load httpfs", "set allow_community_extensions = true", "create persistent secret (type s3)"),
    *("delete from core.models", "comment on table core.models is 'x'", "drop schema core cascade"),
    *("create macro f() as 1", "begin; create table core.x as select 1; commit"),
    "explain analyze insert into ops.builds from ops.builds",
    "prepare p as insert into ops.builds from ops.builds; execute p",
    "from query('insert into ops.builds from ops.builds')",
    "select 1; attach ':memory:' as m; create table m.t as select 1",
    *("attach '{outside}/s.db' (type sqlite)", "attach 'http://127.0.0.1:1/x.db'"),
    *("from read_csv('{outside}/secret.csv')", "from read_blob('{outside}/*')", "from sniff_csv('{outside}/secret.csv')"),
    *("from read_json('{outside}/s.json')", "from parquet_scan('{outside}/*')", "summarize '{outside}/secret.csv'"),
    *("from query_table('{outside}/secret.csv')", "from 'file:{outside}/secret.csv'", "from read_csv('/dev/stdin')"),
    *("from read_text('/proc/self/environ')", "from glob('{outside}/*')", "select getenv('HOME')"),
    *("import database '{outside}'", "export database '{outside}/e'", "copy core.models from '{outside}/secret.csv'"),
    *("copy core.models to '{outside}/x.parquet' (format parquet)", "copy (select 1) to '/dev/stdout'"),
    *("install httpfs", "force install httpfs from community", "load '{outside}/x.duckdb_extension'"),
    *("update extensions", "from 'http://127.0.0.1:1/x.csv'", "from sqlite_scan('{outside}/s.db', 't')"),
    *("create secret s (type s3)", "from duckdb_secrets()", "from which_secret('s3://a', 's3')"),
    *("set enable_external_access = true", "set lock_configuration = false", "reset lock_configuration"),
    *("set global threads = 1", "set temp_directory = '{outside}'", "set home_directory = '{outside}'"),
    *("pragma profiling_output = '{outside}/p'", "pragma enable_profiling = 'json'", "set log_query_path = '{outside}/l'"),
    *("call enable_logging(storage='file', storage_path='{outside}/l')", "FROM Enable_Logging(storage='stdout')"),
    # Variables of the Python process that stand in reach of the call.
    *("from names", "from query", "from con"),
]


@pytest.fixture
def outside(tmp_path: Path, published: Path) -> Iterator[Path]:
    """A folder with files that no query may read or add to, beside a published file that none may change."""
    folder = tmp_path / "outside"
    folder.mkdir()
    for name in ("secret.csv", "s.json", "s.db"):
        (folder / name).write_text("a\nsecret\n")
    before = (published / "openrouter.duckdb").read_bytes()
    yield folder
    assert sorted(path.name for path in folder.iterdir()) == ["s.db", "s.json", "secret.csv"]
    assert (published / "openrouter.duckdb").read_bytes() == before


@pytest.mark.parametrize("query", HARMFUL)
def test_sql_opens_no_door(published: Path, outside: Path, query: str) -> None:
    """Writing, other files, extensions, settings, secrets, variables of the process: one line each, nothing changed."""
    done = command("sql", query.replace("{outside}", str(outside)), data_dir=published)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("error: the query failed: ")
    assert len(done.stderr.splitlines()) == 1


def test_prompt_opens_no_door(published: Path, outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DuckDB's client refuses the same, one by one, and the commands with which it would read, write or start something."""
    started: list[tuple[Path, list[str]]] = []
    monkeypatch.setattr("os.execve", lambda program, arguments, _: started.append((program, arguments)))
    open_prompt(settings.Settings.load(published))
    [(program, arguments)] = started
    # A log elsewhere is refused as well, by ending the whole process; one on the terminal is let through.
    queries = [f"{query.replace('{outside}', str(outside))};" for query in HARMFUL if "stdout" not in query]
    alone = [query for query in queries if "enable_logging" in query or query.startswith("begin")]
    commands = [f".{name} {outside / 'secret.csv'}" for name in ("read", "open", "output", "once", "log", "import", "shell")]
    for typed in (*([one] for one in alone), [*(one for one in queries if one not in alone), *commands]):
        marked = "".join(f"select error('before {number}');\n{one}\n" for number, one in enumerate(typed))
        done = subprocess.run(
            [program, *arguments[1:]], input=marked, capture_output=True, text=True, timeout=60, check=False
        )
        said = dict(zip(typed, re.split(r"^.*before \d+$", done.stderr, flags=re.MULTILINE)[1:], strict=True))
        assert [one for one, words in said.items() if "Error" not in words and "-safe mode" not in words] == []
        assert "secret\n" not in done.stdout


@pytest.mark.usefixtures("outside")
def test_sql_that_is_let_through_changes_nothing(published: Path) -> None:
    """What DuckDB allows on a read-only file stays in memory."""
    for query in ("create temp table t as select 1", "checkpoint", "vacuum"):
        assert command("sql", "--format", "json", query, data_dir=published).exit_code == 0


# --- where services listen ----------------------------------------------------------------------------------------------


def listening(port: int) -> set[str]:
    """The addresses on which this machine listens at a port, as the kernel tells them."""
    found = set()
    for table in ("tcp", "tcp6"):
        lines = Path(f"/proc/net/{table}").read_text().splitlines()[1:] if Path(f"/proc/net/{table}").exists() else []
        for line in lines:
            local, state = line.split()[1], line.split()[3]
            address, hexadecimal = local.split(":")
            if state == "0A" and int(hexadecimal, 16) == port:
                found.add(f"{table}:{address}")
    return found


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="only Linux tells where it listens in /proc")
def test_simulator_listens_on_loopback_only() -> None:
    """Nobody else on the network can reach it: the kernel knows no other address of its port."""
    with serve(Simulator(limits=None)) as url, urllib.request.urlopen(f"{url}/models") as answer:  # noqa: S310
        assert answer.headers["X-Simulated"] == "1"
        port = int(url.split(":")[2].split("/")[0])
        assert listening(port) == {"tcp:0100007F"}
    with socket.create_server(("", 0)) as everywhere:
        assert listening(everywhere.getsockname()[1]) == {"tcp:00000000"}, "the look at the kernel would see it"


def test_notebook_is_opened_on_loopback_and_asks_nobody() -> None:
    """`make notebook` names the address, and keeps marimo from asking its maker for a newer version."""
    (started,) = [line for line in (ROOT / "Makefile").read_text().splitlines() if "marimo edit" in line]
    assert "--host 127.0.0.1 --skip-update-check " in started


def test_ui_is_started_on_loopback(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The one command that it starts names the address, whatever the environment says; no option changes that."""
    started: list[list[str]] = []
    monkeypatch.setattr(dagster_dg_cli.cli, "main", lambda: started.append(sys.argv[1:]))
    monkeypatch.setattr(sys, "argv", [])
    monkeypatch.setattr(ui, "_end_with_parent", lambda: None)
    monkeypatch.setattr(ui, "end_killed_runs", lambda settings, say: None)
    monkeypatch.setenv("PATH", os.environ["PATH"])
    monkeypatch.setenv("VIRTUAL_ENV", "")
    monkeypatch.setenv("DAGSTER_WEBSERVER_HOST", "0.0.0.0")  # noqa: S104 - what must not be heeded
    monkeypatch.setenv("OPENROUTER_USAGE_DATA_DIR", str(tmp_path))
    (tmp_path / ".dagster").mkdir()
    ui.run_services(3999)
    workspace = tmp_path / ".dagster" / "workspace.yaml"
    assert started == [["dev", "--host", "127.0.0.1", "--port", "3999", "--workspace", str(workspace)]]
    (location,) = yaml.safe_load(workspace.read_text())["load_from"]
    assert location["python_module"] == {"module_name": "pipeline.definitions", "location_name": CODE_LOCATION}
    assert command("ui", "--host", "0.0.0.0").exit_code == 2  # noqa: S104


# --- names from the source ----------------------------------------------------------------------------------------------


def test_table_shows_names_and_obeys_none(published: Path) -> None:
    """On a terminal each name is one line in which control characters, breaks and turns of direction are written out."""
    shown = command("sql", MODELS, data_dir=published).stdout
    status = command("status", data_dir=published)
    assert all(c.isprintable() for c in (status.stdout + status.stderr).replace("\n", ""))
    assert len(shown.splitlines()) == 1 + len(HOSTILE_NAMES)
    assert all(c.isprintable() for c in shown.replace("\n", ""))
    for written in ("a/[bold]evil[/]", r"a/\x1b[2J\x1b]0;owned\x07", r"a/\u202egnp.exe", "a/[x](javascript:alert(1))|`y`"):
        assert written in shown


@pytest.mark.parametrize("form", ["csv", "json"])
def test_programs_get_names_as_they_are(published: Path, form: str) -> None:
    """CSV and JSON alter nothing, also no formula: an apostrophe before it would be another name, and join nothing."""
    query = f"{MODELS.removesuffix('order by all')} union all select '=cmd()'"
    text = command("sql", "--format", form, query, data_dir=published).stdout
    read: list[dict[str, Any]] = json.loads(text) if form == "json" else list(csv.DictReader(io.StringIO(text, newline="")))
    assert {row["model_permaslug"] for row in read} == {*HOSTILE_NAMES.values(), "=cmd()"}


def test_names_stay_text_in_the_ui() -> None:
    """Failing rows are a table of plain values, never markdown: the UI shows them as text."""
    shown = failing_table([{"model_permaslug": name} for name in HOSTILE_NAMES.values()])
    assert isinstance(shown, TableMetadataValue)
    assert [record.data for record in shown.records] == [{"model_permaslug": name} for name in HOSTILE_NAMES.values()]


def test_ui_is_given_no_markdown_made_of_data() -> None:
    """One module makes markdown for the UI, of the project's own SQL and of numbers over time: no name from outside can
    become a link or a script there.
    """
    modules = [*(ROOT / "assets").rglob("*.py"), *(ROOT / "pipeline").rglob("*.py")]
    assert [path.name for path in modules if "MetadataValue.md" in path.read_text()] == ["metadata.py"]
    day: Any = date(2026, 2, 2)
    hostile: Any = "[x](javascript:alert())"
    for at, value in ((day, hostile), (hostile, 0.5)):
        with pytest.raises((TypeError, ValueError, AttributeError)):
            sparkline("coding_token_share", [(day, 0.25), (at, value)])


# --- what is installed --------------------------------------------------------------------------------------------------


def said(output: str, *, error: str = "", code: int = 0) -> Callable[[], tuple[int, str]]:
    program = f"import sys; sys.stdout.write({output!r}); sys.stderr.write({error!r}); sys.exit({code})"
    return lambda: audit([sys.executable, "-c", program], longest_seconds=5)


def packages(*vulnerabilities: str) -> str:
    vulns = [{"id": one, "fix_versions": ["2"]} for one in vulnerabilities]
    return json.dumps({"dependencies": [{"name": "a", "version": "1", "vulns": vulns}]})


@pytest.mark.parametrize(
    ("run", "code", "words"),
    [
        (said(packages()), 0, "no known vulnerability in 1 packages"),
        (said(packages("CVE-1"), code=1), 1, "a 1: CVE-1, mended in 2"),
        (said("", error="requests.exceptions.ConnectionError: no", code=1), 0, "not run, its data cannot be reached"),
        (said("", error="ValueError: lock", code=1), 1, "failed, and not for want of a network: ValueError: lock"),
        (said('{"dependencies": [{"name": "a", "skip_reason": "x"}]}'), 1, "could not judge a"),
    ],
    ids=["clean", "vulnerable", "closed", "broken", "skipped"],
)
def test_audit_tells_its_ends_apart(run: Callable[[], tuple[int, str]], code: int, words: str) -> None:
    """What is vulnerable fails; what could not be looked at is never said to be clean."""
    found, line = run()
    assert found == code
    assert words in line


def test_audit_does_not_hang() -> None:
    """A network that swallows everything is given up."""
    found, line = audit([sys.executable, "-c", "import threading; threading.Event().wait()"], longest_seconds=0.5)
    assert (found, line) == (0, "pip-audit: not run, its data did not come within 0.5 s")
