"""The documents are under test: the commands that they print are parsed, what they link to exists.

Belongs here: README.md, the findings, their figures, and the other pages for people. Not here: commands that are run
(``failures.test_printed_commands``).
"""

from __future__ import annotations

import configparser
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner

from pipeline import store
from pipeline.cli import main
from pipeline.publish.report.sections import sections_of
from pipeline.settings import MODES, ROOT
from tests.pipeline.publish.report.charts.found import found
from tests.printed import PAGES, blocks, lines, ours
from tests.support import Loaded

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
NAMED = re.compile(r"`((?:pipeline|assets|warehouse|tests|docs|benchmarks)/[\w./-]+)`")
MADE_BY_RUNS = ("warehouse/data", "warehouse/demo", "tests/.artefacts")
CONTAINERS = ROOT / "docs" / "containers"
UNITS = ROOT / "docs" / "systemd"
FINDINGS = (ROOT / "docs" / "findings.md").read_text()
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
METHOD = (
    "base-model-and-variant other lineage maker-country-open-weights-stealth-routers series-block-fetch "
    "capture-api-and-top9 vintage-known-from-known-to-as-of provisional-and-final when-periods-are-fetched restated "
    "revision-statistics first-figures-and-the-vintage-matrix what-the-source-leaves-out "
    "modalities-and-tool-calling tokens-and-share-of-the-platform share-of-coding bounds-of-what-is-absent rank "
    "sampling-error share-of-a-class-author-country-weights-stealth what-the-public-chart-shows-of-a-country "
    "concentration coding-intensity growth-of-market-and-share milestones launch-curve-launch-observed-half-life "
    "free-windows-and-what-stayed event-studies free-share-of-a-day weekend-factors "
    "how-long-models-stay-in-the-list gained-and-lost share-of-coding-by-day nowcast-of-coding measures-of-coding "
    "claims price-and-its-unit blended-price spend-by-list-price cost-of-a-session pareto-efficient apps "
    "apps-by-week-and-coverage what-moved-with-m2 shares-of-labs-at-vercel-ai-gateway events licence-and-citation"
)
"""Anchors of the method: charts and pages elsewhere link to them, so that a heading is not renamed."""
SECTIONS = ("names", "fetches-and-time", "usage", "m2s-story", "price-and-scores", "a-second-gateway")
WEEK = re.compile(
    r"(\d{4}-\d\d-\d\d) \| (?:(\d+\.\d\d %)|not listed: at most (\d+\.\d\d %)) \| (\d+|–)(?: \| (\d+\.\d\d %))?"
)


def parse(arguments: list[str]) -> tuple[str, list[str]]:
    """Verb and arguments of a command line whose options the command knows; click's own error otherwise."""
    name, *rest = arguments[2:] if arguments[0] == "--data-dir" else arguments
    verb = main.commands.get(name)
    if verb is None:
        raise click.UsageError(f"no such verb: {name}")
    verb.make_context(name, list(rest))
    return name, rest


@pytest.fixture(scope="module")
def con(recording: Loaded) -> Iterator[store.Connection]:
    """The published file of the recording that every clone has."""
    with store.Store(recording.data_dir).reader() as reader:
        yield reader


def test_there_is_something_to_test() -> None:
    """A pattern that finds nothing would pass whatever the pages say."""
    assert len(ours("sh")) > 15
    assert len(blocks("sql")) > 3
    assert len(lines("console")) > 5
    assert len(ours("")) >= 2


@pytest.mark.parametrize("language", ["", "sh", "console"])
def test_commands_are_known(language: str) -> None:
    """Each verb and option that a page names exists, also where it is not run here; each target is one of make's."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for _, arguments in ours(language):
        parse(arguments)
    for page, line in lines(language):
        if line.startswith("make "):
            assert line.split()[1] in targets, f"{page}: {line}"
        if line.startswith("pytest "):
            assert all((ROOT / one).exists() for one in line.split() if one.startswith("tests/")), f"{page}: {line}"


def test_an_unknown_option_is_noticed() -> None:
    """The parsing above refuses what the command would refuse."""
    with pytest.raises(click.UsageError):
        parse(["backfill", "--until", "tomorrow"])
    with pytest.raises(click.UsageError):
        parse(["publish"])


@pytest.mark.parametrize(("page", "query"), blocks("sql"))
def test_queries_are_answered(con: store.Connection, page: str, query: str) -> None:
    """Each select in the documents finds rows in the published file."""
    assert store.rows(con, query), page


def anchors(page: Path) -> list[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return [re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings]


def test_definitions_of_charts_exist() -> None:
    """Each chart of the page names a heading of the method: where its figures are defined."""
    named = {section.key: section.docs for section in sections_of(found({}))}
    headings = anchors(ROOT / "docs" / "method.md")
    assert {key: heading for key, heading in named.items() if heading not in headings} == {}


def test_anchors_of_the_method_stay() -> None:
    """Each measure has the anchor that others link to; a new one is added here."""
    sections = set(anchors(ROOT / "docs" / "method.md")) - {"method", *SECTIONS}
    assert sections == set(METHOD.split())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Each file and each heading that a page links to is there, and each file that it names."""
    text = page.read_text()
    for link in LINK.findall(text):
        if link.startswith("http"):
            continue
        path, _, heading = link.partition("#")
        target = (page.parent / path) if path else page
        assert target.exists(), link
        if heading:
            assert heading in anchors(target), link
    if page.name != "CHANGELOG.md":
        named = [name for name in NAMED.findall(text) if not name.startswith(MADE_BY_RUNS) and "…" not in name]
        assert [name for name in named if not (ROOT / name).exists()] == []


def test_image_and_composition_keep_the_rules() -> None:
    """hadolint and the published schema of compose files find nothing; no key, and no port beyond this machine."""
    tools = Path(sys.executable).parent
    schema = ["--builtin-schema", "vendor.compose-spec"]
    for command in (
        [str(tools / "hadolint"), str(CONTAINERS / "Dockerfile")],
        [str(tools / "check-jsonschema"), *schema, str(CONTAINERS / "compose.yaml")],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    [service] = yaml.safe_load((CONTAINERS / "compose.yaml").read_text())["services"].values()
    assert (CONTAINERS / service["build"]["context"]).resolve() == ROOT
    assert (ROOT / service["build"]["dockerfile"]).is_file()
    assert (service["network_mode"], service["read_only"], service["cap_drop"]) == ("host", True, ["ALL"])
    assert "ports" not in service
    copied = re.findall(r"^COPY (.*) \S+$", (CONTAINERS / "Dockerfile").read_text(), re.MULTILINE)
    assert all((ROOT / one).exists() for line in copied for one in line.split())
    ignored = (CONTAINERS / "Dockerfile.dockerignore").read_text().splitlines()
    assert "*" in ignored
    assert all((ROOT / one[1:]).exists() for one in ignored if one.startswith("!"))
    assert "!.env" not in ignored


def unit(name: str) -> configparser.ConfigParser:
    found = configparser.ConfigParser(strict=False, interpolation=None)
    found.optionxform = str  # type: ignore[assignment,method-assign]
    assert found.read(UNITS / name)
    return found


def test_units_start_what_there_is() -> None:
    """The service runs a verb of ours with nothing but its own directory to write to; each timer names a verb, and when."""
    service = unit("openrouter-usage@.service")["Service"]
    assert (service["ProtectSystem"], service["NoNewPrivileges"], service["DynamicUser"]) == ("strict", "yes", "yes")
    command = shlex.split(service["ExecStart"])
    assert command[0].endswith("/.venv/bin/openrouter-usage")
    timers = {path.stem.partition("@")[2]: unit(path.name)["Timer"] for path in UNITS.glob("*.timer")}
    for verb in timers:
        assert parse([one.replace("%i", verb) for one in command[1:]]) == (verb, [])
    assert {verb: timer["OnCalendar"] for verb, timer in timers.items()} == {
        "run": "*-*-* 06:30:00 UTC",
        "alert": "hourly",
    }
    assert {timer["Persistent"] for timer in timers.values()} == {"yes"}


# --- figures, requested again of the recorded responses -------------------------------------------------------------------


def percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def test_weeks_are_what_the_tables_say(con: store.Connection) -> None:
    """Each week in the findings has M2's share and rank, or its bound, and its lineage's share."""
    weeks = WEEK.findall(FINDINGS)
    assert len(weeks) == 18
    for week, share, bound, rank, lineage in weeks:
        [row] = store.rows(con, "from marts.m2_coding_share_weekly where week_start = $week::date", week=week)
        assert (share or None) == (percent(row["coding_token_share"]) if row["coding_rank"] else None)
        assert (bound or None) == (None if row["coding_rank"] else percent(row["coding_token_share_upper"]))
        assert rank == str(row["coding_rank"] or "–")
        assert not lineage or lineage == percent(row["lineage_coding_token_share"])


def test_citation_is_the_one_of_the_rows(con: store.Connection) -> None:
    """The citation line below the table is the one that its rows carry."""
    citations = con.execute(
        "select distinct citation from marts.m2_coding_share_weekly where week_start between '2025-10-27' and '2026-02-23'"
    ).fetchall()
    assert [citation for (citation,) in citations] == re.findall(
        r"Source: OpenRouter .*?Z\. Licensed under CC BY 4\.0\.", FINDINGS
    )


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_readme_has_the_figures_of_the_tables(con: store.Connection, page: str) -> None:
    """The figures of the findings in the README are those of the tables, and it is short enough to be read."""
    text = re.sub(r"(?<=\d)%", " %", (ROOT / page).read_text())  # Chinese has no space there
    [[peak, free, fall, least, grok, successor, absent]] = con.execute(
        """
        select
            (select max(coding_token_share) from marts.m2_coding_share_weekly),
            (select sum(free_tokens) / sum(total_tokens) from marts.m2_usage_daily where usage_date <= '2025-11-11'),
            1 - fallen.total_tokens / peak.total_tokens,
            1 - fallen.total_tokens_upper / peak.total_tokens,
            (
                select max(coding_token_share) - min(coding_token_share) from marts.coding_leaderboard_weekly
                where base_permaslug = 'x-ai/grok-code-fast-1' and week_start between '2025-10-20' and '2025-11-03'
            ),
            (select max(coding_token_share) from marts.coding_leaderboard_weekly where week_start = '2026-02-16'),
            (select coding_token_share_upper from marts.m2_coding_share_weekly where week_start = '2026-02-16')
        from marts.m2_usage_daily as peak
        join marts.m2_usage_daily as fallen on fallen.usage_date = '2025-11-12'
        where peak.usage_date = '2025-11-11'
        """
    ).fetchall()
    figures = [
        f"{100 * peak:.1f} %",
        f"{100 * free:.0f} %",
        f"{100 * fall:.0f} %",
        f"{100 * grok:.1f} ",
        f"{100 * successor:.1f} %",
    ]
    assert [figure for figure in figures if figure not in text] == []
    assert least >= 0.517
    assert "51.7 %" in text
    assert f"{100 * absent:.1f} %" in text
    assert len(text.splitlines()) <= 110


def test_the_chinese_readme_is_the_same_page() -> None:
    """Its commands, links and figures are those of the README, in the same order."""
    # Chinese has no space before the percent sign.
    pages = [re.sub(r"(?<=\d)%", " %", (ROOT / name).read_text()) for name in ("README.md", "README.zh-CN.md")]
    for pattern in (r"^```sh\n(.*?)^```", r"\]\((?!README)([^)]+)\)", r"\d+\.\d+ %|\d+ %", r"`[^`\n]+`"):
        english, chinese = (re.findall(pattern, page, re.DOTALL | re.MULTILINE) for page in pages)
        assert [re.sub("  #.*", "", one) for one in english] == [re.sub("  #.*", "", one) for one in chinese], pattern


def test_each_mode_is_described_in_its_own_sentence() -> None:
    """In the operations as in the summary of a run, and in the help of `run`."""
    said = " ".join(CliRunner().invoke(main, ["run", "--help"], terminal_width=10_000).output.split())
    for mode, sentence in MODES.items():
        assert f"| {mode} | {sentence} |" in OPERATIONS
        assert f"Mode {mode} — {sentence}." in said
