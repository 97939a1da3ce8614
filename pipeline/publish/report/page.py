"""The page ``report/index.html``: the published tables as charts, in one file that asks nobody for anything.

Belongs here: rendering sections, health and citations, and writing the file. Not here: figures (``warehouse/report/*.sql``),
what a section draws and says (``charts``), wording (``sentences``). The page is a function of the
published file: the same file gives the same bytes, its instant is the build's.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import vl_convert
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline import durable, store
from pipeline.alerts.freshness import SeriesStatus, Status, status_of
from pipeline.contracts.table import M2
from pipeline.contracts.tables import TABLES
from pipeline.failures import PermanentFailure
from pipeline.publish.report import encode, sentences
from pipeline.publish.report.drawing import CONFIG
from pipeline.publish.report.section import Column, Section
from pipeline.publish.report.sections import sections_of
from pipeline.publish.report.sentences import Row
from pipeline.settings import ROOT, Settings
from pipeline.store.open import open_store
from pipeline.wording import hours, percent, printable

STATIC_WIDTH = 860
CODING = "category_week/programming"

_HERE = Path(__file__).parent


def write(settings: Settings, *, is_local: bool = False) -> Path:
    """Build the page from the published file and swap it in. Returns where it is.

    ``is_local`` makes ``local.html`` beside it, which also has what may not be passed on.
    """
    text = build(settings, is_local=is_local)
    path = settings.data_dir.report.with_name("local.html") if is_local else settings.data_dir.report
    path.parent.mkdir(parents=True, exist_ok=True)
    durable.write(path, text.encode())
    return path


def rehearse(settings: Settings) -> None:
    """Draw the page of the file published before, and throw it away: what takes long the first time is then done.

    Imports, specifications and the start of the drawing engine; before a first run, bundling Vega.
    """
    if settings.data_dir.published.exists():
        build(settings)
    else:
        _vega(settings)


def build(settings: Settings, *, is_local: bool = False) -> str:
    """The page as text."""
    with open_store(settings.data_dir).reader() as con:
        found = _Tables(con, is_local=is_local)
        sections = sections_of(found)
        models = {row["base_permaslug"]: row for row in found("models")}
        latest, members = found("internal/m2_latest"), found("lineage")
        citations = found("citations")
        lines = _lines(con, citations)
        build_row = _newest_build(found, settings)
    status = status_of(settings, build_row["built_at"])
    chosen = M2 if M2 in models else next(iter(models), M2)
    peaks = _peak_days(sections, models)
    said = {name: sentences.of_model(row, peaks.get(name)) for name, row in models.items()}
    for section in sections:
        if section.is_by_model and chosen in said:
            section.finding = said[chosen][section.key]
    return _render(settings, sections, status, citations, lines, latest, members, models, said, chosen, build_row, is_local)


def _newest_build(found: _Tables, settings: Settings) -> Row:
    """Raises PermanentFailure for a file that no run published: nothing says when it was built, and by which code."""
    if rows := found("internal/newest_build"):
        return rows[0]
    raise PermanentFailure(
        f"no build is recorded in {settings.data_dir.published}, so the page cannot say of when it is: run "
        "`openrouter-usage rebuild`, then `openrouter-usage report`"
    )


class _Tables:
    """Rows of the page's questions. Names from outside have their control characters written out here, once."""

    def __init__(self, con: store.Connection, *, is_local: bool) -> None:
        self._con = con
        self.is_local = is_local

    def __call__(self, query: str) -> list[Row]:
        path = query if "/" in query else f"report/{query}"
        return [{name: _clean(value) for name, value in row.items()} for row in store.rows(self._con, store.read_sql(path))]


def _clean(value: Any) -> Any:
    return printable(value) if isinstance(value, str) else value


def _peak_days(sections: Sequence[Section], models: Mapping[str, Row]) -> dict[str, Row]:
    """The day with most tokens of each model; the first of equals.

    ``is_known``: every day from its first listing to that one was read. ``until``: the last of the days read without a gap
    after it, where days after that are listed.
    """
    [tokens] = [section for section in sections if section.key == "tokens"]
    read = {row["usage_date"] for row in tokens.rows}
    listed: dict[str, list[Row]] = {}
    for row in tokens.rows:
        if row["paid"] is not None:
            listed.setdefault(row["base_permaslug"], []).append(row)
    found: dict[str, Row] = {}
    for name, rows in listed.items():
        best = max(rows, key=lambda row: (row["paid"] + row["free"], -row["usage_date"].toordinal()))
        first = min(rows[0]["usage_date"], models[name]["first_listed"] if name in models else date.max)
        last = rows[-1]["usage_date"]
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        until = next((day - timedelta(days=1) for day in days if day > best["usage_date"] and day not in read), None)
        found[name] = best | {
            "is_known": all(day in read for day in days if day <= best["usage_date"]),
            "until": until,
        }
    return found


def _render(
    settings: Settings,
    sections: Sequence[Section],
    status: Status,
    citations: Sequence[Row],
    lines: Mapping[str, Row],
    latest: Sequence[Row],
    members: Sequence[Row],
    models: Mapping[str, Row],
    said: Mapping[str, Mapping[str, str]],
    chosen: str,
    build_row: Row,
    is_local: bool,
) -> str:
    style, script = ((_HERE / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    mark = "document.documentElement.className='js'"
    vega = _vega(settings)
    policy = (
        f"default-src 'none'; script-src {_hashes(mark, vega, script)}; style-src {_hashes(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    drawn = [section for section in sections if section.spec is not None and section.rows]
    coding_end = next((status.now - one.age for one in status.series if one.series.name == CODING and one.age), None)
    data = {
        "data_until": encode.plain(coding_end),
        "built_at": encode.plain(build_row["built_at"]),
        "model": chosen,
        "models": said,
        "config": CONFIG,
        "sections": [_drawn(section) for section in drawn],
    }
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("page.html.j2").render(
        policy=policy,
        style=Markup(style),  # noqa: S704 - our own file
        mark=Markup(mark),  # noqa: S704 - as above
        vega=encode.packed(vega),
        script=Markup(script),  # noqa: S704 - our own file
        data=encode.packed(encode.json_of(data)),
        is_simulated=settings.data_dir.is_simulated,
        is_local=is_local,
        answer=sentences.answer(models.get(M2), members),
        newest=sentences.newest(latest),
        data_until=None if coding_end is None else (coding_end - timedelta(seconds=1)).date(),
        built_at=build_row["built_at"],
        version=build_row["version"],
        commit=(build_row["git_commit"] or "")[:12],
        models=sorted(models),
        model=chosen,
        sections=[_section(section, chosen, lines, is_drawn=section in drawn) for section in sections],
        health=_health(status),
        citations={
            "columns": [Column("table_name", "table"), Column("citation", "line"), Column("licence", "licence")],
            "rows": citations,
        },
        shown=_shown,
        unbroken=re.compile(r"(\d{4}-\d\d-\d\d|\d[\d.,]* %)"),
    )  # fmt: skip


def _section(section: Section, chosen: str, lines: Mapping[str, Row], *, is_drawn: bool) -> dict[str, Any]:
    """A section as the template takes it."""
    return {
        **vars(section),
        "svg": Markup(_static(section, chosen)) if is_drawn else "",  # noqa: S704 - Vega escapes text
        "table_rows": _table_rows(section, chosen),
        "sql": _sql_of(section.query),
        "citations": section.citations or _citations(section.query, lines),
    }


def _hashes(*texts: str) -> str:
    return " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in texts)


def _drawn(section: Section) -> dict[str, Any]:
    """A chart as page.js takes it."""
    datasets: dict[str, Any] = {}
    for name, rows in section.datasets.items():
        if section.is_by_model and name not in section.shared:
            datasets[name] = {"by_model": {model: encode.columns(found) for model, found in _by_model(rows).items()}}
        else:
            datasets[name] = {"rows": encode.columns(rows)}
    follows_in_table = section.is_by_model and section.table_rows is None
    return {
        "key": section.key,
        "follows": section.is_by_model,
        "columns": [vars(column) for column in section.columns],
        "row_columns": section.row_columns,
        "row_query": section.row_query,
        "row_queries": {M2: section.m2_row_query} if section.m2_row_query else {},
        "table": next(iter(section.datasets)) if follows_in_table else None,
        "spec": section.spec,
        "datasets": datasets,
    }


def _by_model(rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        kept = {name: value for name, value in row.items() if name != "base_permaslug"}
        found.setdefault(row["base_permaslug"], []).append(kept)
    return found


def _of_model(section: Section, name: str, model: str) -> list[Row]:
    rows = section.datasets[name]
    return _by_model(rows).get(model, []) if section.is_by_model and name not in section.shared else rows


def _table_rows(section: Section, model: str) -> list[Row]:
    if section.table_rows is not None:
        return section.table_rows
    if section.is_by_model:
        return _of_model(section, next(iter(section.datasets)), model)
    return section.rows


def _static(section: Section, model: str) -> str:
    """The chart drawn once, for readers without scripts and until the page's own script has drawn it."""
    spec = json.loads(json.dumps(section.spec))
    spec["datasets"] = {name: encode.objects(_of_model(section, name, model)) for name in section.datasets}
    spec["width"], spec["description"] = STATIC_WIDTH, section.finding
    svg: str = vl_convert.vegalite_to_svg(spec, config=CONFIG, show_warnings=False)
    # What only catches the pointer.
    svg = re.sub(r'<path [^>]*\bopacity="0"[^>]*/>', "", svg)
    svg = re.sub(r' (?:aria-hidden|class|pointer-events)="[^"]*"| stroke-width="0"', "", svg)
    # A tenth of a pixel is as good as a thousandth, and half the file.
    svg = re.sub(r' (?:d|transform|x2|y2)="[^"]*"', lambda one: re.sub(r"(\.\d)\d+", r"\1", one[0]), svg)
    # Ids are unique in a document, and each drawing counts its own from the start.
    svg = re.sub(r'((?:id="|url\(#))(clip|gradient)', rf"\1{section.key}-\2", svg)
    return svg.replace("<svg ", f'<svg role="img" aria-labelledby="{section.key}-title" ', 1)


def _vega(settings: Settings) -> str:
    """Vega with its interpreter, which needs no eval; bundled once for each version, as that takes seconds."""
    kept = settings.data_dir.report.with_name(f".vega-{version('vl-convert-python')}.js")
    if kept.exists():
        return kept.read_text(encoding="utf-8")
    bundle = "(()=>{" + vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;") + "})();"
    kept.parent.mkdir(parents=True, exist_ok=True)
    durable.write(kept, bundle.encode())
    return bundle


def _sql_of(query: str) -> list[tuple[str, str]]:
    """The page's query, and the marts it reads, each with its path in the project."""
    marts = sorted(name for name in store.references(store.read_sql(f"report/{query}")) if name.startswith("marts."))
    files = [path for name in (f"report.{query}", *marts) if (path := store.select_file(name))]
    return [(str(path.relative_to(ROOT)), path.read_text().strip()) for path in files]


def _lines(con: store.Connection, citations: Sequence[Row]) -> dict[str, Row]:
    """The line of each table; of those whose rows have lines of their own the newest of these. The line of a whole table is
    that of all it was computed from, so a share of coding would have the instant at which days were fetched.
    """
    lines = {}
    for row in citations:
        name = row["table_name"]
        has_own = name.startswith("marts.") and {"citation", "retrieved_at"} <= {one.name for one in TABLES[name].columns}
        own = store.newest(con, name, "citation", by="retrieved_at") if has_own else None
        lines[name] = row if own is None else row | {"citation": _clean(own)}
    return lines


def _citations(query: str, lines: Mapping[str, Row]) -> list[str]:
    """The line of each table that a query reads, with its licence, each line once."""
    names = sorted(store.references(store.read_sql(f"report/{query}")))
    found = [lines[name] for name in names if name in lines]
    return list(
        dict.fromkeys(
            row["citation"] if row["may_republish"] else f"{row['citation']} No licence to pass it on." for row in found
        )
    )


def _health(status: Status) -> dict[str, Any]:
    late = [one.series.name for one in status.series if one.is_stale or one.is_frozen]
    unread = sum(not one.has_data for one in status.series)
    recorded = sum(one.has_data and not one.is_expected for one in status.series)
    fresh = len(status.series) - len(late) - unread - recorded
    needing_key = sum(not one.has_data and not one.is_expected for one in status.series)
    missing = [f"{unread - needing_key} never fetched"] if status.is_keyed or unread > needing_key else []
    missing += [f"{needing_key} need a key"] if needing_key else []
    return {
        "finding": f"{fresh} of {len(status.series)} series up to date when this was built: {len(late)} stale or frozen, "
        f"{', '.join(missing)}" + (f", {recorded} only recorded" if recorded else ""),
        "rows": [_health_row(one, status.now) for one in status.series],
    }


def _health_row(one: SeriesStatus, now: datetime) -> dict[str, Any]:
    if not one.has_data:
        return {
            "name": one.series.name, "newest": "–", "age": "–", "read": "–", "missing": "–", "provisional": "–",
            "state": "not read" if one.is_expected else "needs a key", "since": None, "limit": None,
        }  # fmt: skip
    return {
        "name": one.series.name,
        "newest": one.newest,
        "age": hours(one.age),
        "read": one.periods_read,
        "missing": one.periods_missing,
        "provisional": one.provisional,
        "state": one.state.partition(":")[0],
        "since": None if one.age is None else encode.plain(now - one.age),
        "limit": int(one.series.stale_after.total_seconds() * 1000) if one.is_expected else 0,
    }


def _shown(value: Any, form: str) -> str:
    """A cell as people read it; page.js has the same forms."""
    if value is None:
        return "–"
    if form == "percent":
        return percent(value)
    if form == "fine_percent":
        return f"{100 * value:.4f} %"
    if form == "flag":
        return "yes" if value else "no"
    if form == "number":
        return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
    return str(value)
