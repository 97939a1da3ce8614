"""The page as HTML: sections, health and citations in the template, with the script's data.

Belongs here: what the template and page.js are given. Not here: which rows (``content``), what a chart is (``charts``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial
from importlib.metadata import version
from typing import Any

import vl_convert
from markupsafe import Markup

from pipeline import store, worker
from pipeline.alerts.freshness import SeriesStatus, Status
from pipeline.contracts.table import M2
from pipeline.publish.report import encode, kept, markup, still
from pipeline.publish.report.content import Content, file_name
from pipeline.publish.report.engine import bundled
from pipeline.publish.report.head import head_tags
from pipeline.publish.report.names import display, in_order
from pipeline.publish.report.section import Column, Section
from pipeline.publish.report.sections import GROUPS
from pipeline.publish.report.words import LANGUAGES, Words
from pipeline.settings import ROOT
from pipeline.wording import hours

CODING = "category_week/programming"
# What page.js draws with. Versions are those that vl-convert brings, which tells only that of Vega.
_VEGA = """
import * as library from "/npm/vega@{version}/+esm";
import {{ expressionInterpreter }} from "/npm/vega-interpreter@2.0.0/+esm";
import {{ Handler }} from "/npm/vega-tooltip@1.0.0/+esm";
window.vega = {{ ...library, expressionInterpreter, Tooltip: Handler }};
"""
LONGEST_TABLE = 60  # rows of a table in the file itself: compressed, as the script has them, they take a tenth


def page(content: Content, version: str | None = None) -> str:
    """The whole file as text; with ``version`` it names its copy in the archive."""
    sections, words, status, build = content.sections, content.words, content.status, content.build
    names = _unique(content.stories)
    cited = {section.key: content.citations_of(section) for section in sections}
    coding_end = next((status.now - one.age for one in status.series if one.series.name == CODING and one.age), None)
    data = {
        "data_until": encode.plain(coding_end),
        "built_at": encode.plain(build["built_at"]),
        "model": content.chosen,
        "names": {model: names[model] for model in content.stories},
        "stories": {model: one.plain() for model, one in content.stories.items()},
        "is_simulated": content.is_simulated,
        "words": {**words.texts("script"), "yes": words("page.yes"), "no": words("page.no"), "percent": words.percent_sign},
        # Several charts read the same marts: each text once, and packed.
        "sql": {path: (ROOT / path).read_text().strip() for section in sections for path in _sql_of(section.query)},
        "sections": [_for_script(section, cited[section.key]) for section in sections if section.is_drawn],
    }
    style, script = markup.style_of("page.css"), markup.file("page.js")
    mark = "document.documentElement.className='js'"
    vega_hash, packed_vega = vega()
    return markup.template("page.html.j2").render(
        policy=markup.policy(style, scripts=[markup.hash_of(mark), vega_hash, markup.hash_of(script)]),
        style=style,
        mark=Markup(mark),  # noqa: S704 - our own text
        vega=packed_vega,
        script=Markup(script),  # noqa: S704 - our own file
        data=encode.packed(encode.json_of(data)),
        words=words,
        others=[one for one in LANGUAGES if one != words.language],
        file_name=file_name,
        is_simulated=content.is_simulated,
        is_local=content.is_local,
        is_stale=any(one.is_stale or one.is_frozen for one in status.series if one.is_expected),
        data_until=None if coding_end is None else (coding_end - timedelta(seconds=1)).date(),
        build=build,
        head=head_tags(content),
        archived=version,
        story=content.story,
        models=[names[model] for model in _in_order(content)],
        name=display(content.chosen),
        groups={
            group: [_for_template(one, content.chosen, cited[one.key]) for one in sections if one.group == group]
            for group in GROUPS
        },
        health=_health(status, words),
        citations={
            "columns": [Column(name, words(f"column.{name}")) for name in ("table_name", "citation", "licence")],
            "rows": content.citations,
        },
        shown=partial(shown, words),
        unbroken=re.compile(r"(\d{4}-\d\d-\d\d|\d[\d.,–]* %|\b\d{1,2} [A-Z][a-z]{2,8}\b)"),
    )


def _in_order(content: Content) -> list[str]:
    """What a reader can choose: M2's family, as the chart of the lineage has it, then all others by name."""
    rows = next((section.rows for section in content.sections if section.key == "lineage"), [])
    pinned = [model for model in in_order(rows) if model in content.stories]
    return [*pinned, *sorted((one for one in content.stories if one not in pinned), key=lambda one: display(one).lower())]


def _unique(models: Collection[str]) -> dict[str, str]:
    """Names that one can search for: with the slug where two models share one."""
    shared = Counter(display(model) for model in models)
    return {model: display(model) if shared[display(model)] == 1 else f"{display(model)} ({model})" for model in models}


def vega() -> tuple[str, str]:
    """Vega with its interpreter, which needs no eval: the hash of the script, and the script packed. It is bundled once for
    each version, as that takes seconds."""
    snippet = _VEGA.format(version=vl_convert.get_vega_version())

    def bundle() -> str:
        script = "(()=>{" + worker.submit(bundled, snippet).result() + "})();"
        worker.stop()
        return f"{markup.hash_of(script)} {encode.packed(script)}"

    digest, _, packed = kept.text(f"{version('vl-convert-python')} {snippet}", bundle).partition(" ")
    return digest, packed


def _for_template(section: Section, chosen: str, cited: list[str]) -> dict[str, Any]:
    """A section as the template takes it: of a long table behind a chart the end, as the script has the whole one."""
    rows = still.rows_of_table(section, chosen)
    return {
        **vars(section),
        "title": section.title_of(chosen),
        "svg": Markup(still.in_page(section, chosen)) if section.is_drawn else "",  # noqa: S704 - Vega escapes text
        "table_rows": rows[-LONGEST_TABLE:] if section.is_drawn else rows,
        "all_rows": len(rows),
        "unnamed": still.unnamed(section, chosen),
        "sql": _sql_of(section.query),
        "citations": cited,
    }


def _for_script(section: Section, cited: list[str]) -> dict[str, Any]:
    """A chart as page.js takes it."""
    datasets: dict[str, Any] = {}
    for name, rows in section.datasets.items():
        if section.is_by_model and name not in section.shared:
            by_model = still.by_model(rows)
            datasets[name] = {"by_model": {model: encode.columns(found) for model, found in by_model.items()}}
        else:
            datasets[name] = {"rows": encode.columns(rows)}
    follows_in_table = section.is_by_model and section.table_rows is None
    return {
        "key": section.key,
        "titles": dict(section.titles),
        "columns": [vars(column) for column in section.columns],
        "row_columns": section.row_columns,
        "row_query": section.row_query,
        "row_queries": {M2: section.m2_row_query} if section.m2_row_query else {},
        "table": next(iter(section.datasets)) if follows_in_table else None,
        "whole": None if follows_in_table else _whole_table(section),
        "spec": section.spec,
        "compare_spec": section.compare_spec,
        "hover": vars(section.hover) if section.hover else None,
        "legend_field": section.legend_field,
        "x": section.x,
        "cite": cited,
        "datasets": datasets,
    }


def _whole_table(section: Section) -> dict[str, Any] | None:
    """The rows of a table that is the same for every model, where the file itself has only its end."""
    rows = still.rows_of_table(section, "")
    if len(rows) <= LONGEST_TABLE:
        return None
    return encode.columns([{column.name: row[column.name] for column in section.columns} for row in rows])


def _sql_of(query: str) -> list[str]:
    """The files of the page's query and of the marts that it reads, by their paths in the project."""
    marts = sorted(name for name in store.references(store.read_sql(f"report/{query}")) if name.startswith("marts."))
    files = [path for name in (f"report.{query}", *marts) if (path := store.select_file(name))]
    return [str(path.relative_to(ROOT)) for path in files]


def _health(status: Status, words: Words) -> dict[str, Any]:
    late = sum(one.is_stale or one.is_frozen for one in status.series)
    unread = sum(not one.has_data for one in status.series)
    needing_key = sum(not one.has_data and not one.is_expected for one in status.series)
    recorded = sum(one.has_data and not one.is_expected for one in status.series)
    fresh = len(status.series) - late - unread - recorded
    counts = {"late": late, "unread": unread - needing_key, "needs_key": needing_key, "recorded": recorded}
    rest = words.listed([words(f"health.{key}", n=number) for key, number in counts.items() if number])
    key = "all_fresh" if not rest else "some_fresh" if fresh else "none_fresh"
    return {
        "title": words(f"health.{key}", fresh=fresh, all=len(status.series), rest=rest),
        "rows": [_health_row(one, status.now, words) for one in status.series],
    }


def _health_row(one: SeriesStatus, now: datetime, words: Words) -> dict[str, Any]:
    state = words(f"health.state_{one.state}", age=hours(one.unchanged_for))
    if not one.has_data:
        return {
            "name": one.series.name, "newest": "–", "age": "–", "read": "–", "missing": "–", "provisional": "–",
            "state": state, "since": None, "limit": None,
        }  # fmt: skip
    return {
        "name": one.series.name,
        "newest": one.newest,
        "age": hours(one.age),
        "read": one.periods_read,
        "missing": one.periods_missing,
        "provisional": one.provisional,
        "state": state,
        "since": None if one.age is None else encode.plain(now - one.age),
        "limit": int(one.series.stale_after.total_seconds() * 1000) if one.is_expected else 0,
    }


def shown(words: Words, value: Any, form: str) -> str:
    """A cell as people read it; page.js has the same forms."""
    if value is None:
        return "–"
    if form == "percent":
        return f"{100 * value:.2f}{words.percent_sign}"
    if form == "fine_percent":
        return f"{100 * value:.4f}{words.percent_sign}"
    if form == "flag":
        return words("page.yes" if value else "page.no")
    if form == "number":
        return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}".rstrip("0").rstrip(".")
    return str(value)
