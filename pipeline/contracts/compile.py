"""What the contracts are compiled to, apart from validation: DDL, Polars schemas.

Belongs here: pure functions from a table's contract to another tool's form. Not here: running any of it.
"""

from __future__ import annotations

import polars as pl

from pipeline.contracts.families import FAMILIES
from pipeline.contracts.table import M2, MODEL, Macro, Table
from pipeline.contracts.tables import MACROS, TABLES
from pipeline.settings import WAREHOUSE

SHARED_MACROS = f"create or replace temp macro m2() as '{M2}';\n" + (WAREHOUSE / "macros.sql").read_text(encoding="utf-8")
"""What selects share: each connection that runs them has it."""

_POLARS: dict[str, pl.DataType] = {
    "DATE": pl.Date(),
    "TIMESTAMPTZ": pl.Datetime("us", "UTC"),
    "VARCHAR": pl.String(),
    "VARCHAR[]": pl.List(pl.String()),
    "BOOLEAN": pl.Boolean(),
    "BIGINT": pl.Int64(),
    "DOUBLE": pl.Float64(),
    "DECIMAL(38,26)": pl.Decimal(38, 26),
    "DECIMAL(38,22)": pl.Decimal(38, 22),
    "DECIMAL(38,20)": pl.Decimal(38, 20),
    "DECIMAL(18,6)": pl.Decimal(18, 6),
}


def quoted(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def create_table(table: Table, *, replace: bool) -> str:
    columns = ", ".join(
        f'"{column.name}" {column.type}{" not null" if column.name in table.required else ""}' for column in table.columns
    )
    verb = "create or replace table" if replace else "create table if not exists"
    return f"{verb} {table.full_name} ({columns})"


def create_view(table: Table, select: str) -> str:
    """The view, with the columns of the contract, in its order and types."""
    columns = ", ".join(f'"{column.name}"::{column.type} as "{column.name}"' for column in table.columns)
    return f"create or replace view {table.full_name} as select {columns} from ({select})"  # noqa: S608 - of the contracts


def comments(table: Table, *, prefix: str = "") -> list[str]:
    """``comment on`` statements for the table or view and each column; ``prefix`` marks simulated data."""
    return [
        f"comment on {'view' if table.is_view else 'table'} {table.full_name} is {quoted(prefix + table.description)}",
        *(
            f'comment on column {table.full_name}."{column.name}" is {quoted(column.description)}'
            for column in table.columns
        ),
    ]


def create_macro(macro: Macro, select: str, *, prefix: str = "") -> list[str]:
    takes = "ts, must_be_known := true" if macro.parameter == "ts" else macro.parameter
    if macro.full_name == "core.readings_as_of":
        takes += f", rests_on := '', asked_of := {quoted(macro.table)}"
    return [
        f"create or replace macro main.{macro.name}({takes}) as table {select}",
        f"comment on macro table main.{macro.name} is {quoted(prefix + macro.description)}",
    ]


def select_of(contract: Table | Macro) -> str:
    """The select of a table without a file: it follows from another one's, or from the form of its family.

    Raises KeyError where neither holds.
    """
    return _COMPILED[contract.name]


def _snapshot_rows() -> str:
    """The rows of all snapshots, each by its key and a hash of what it states."""
    selects = []
    for table in TABLES.values():
        if table.schema == "raw" and table.key[0] == "block_hash":
            stated = [
                name for name in table.names if name not in (*table.key, "display_name", *MODEL.replace("?", "").split())
            ]
            selects.append(
                f"select block_hash, concat_ws(chr(31), {', '.join(table.key[1:])}) as row_key,\n"
                f"    (hash({', '.join(stated or table.key[1:])}) >> 1)::bigint as row_hash\nfrom {table.full_name}"
            )
    return "\nunion all\n".join(selects)


def shown(table: Table) -> str:
    """The figures that a run shows of a table, period by period; of several rows of a period the last one counts."""
    columns, order = ", ".join(table.shown), ", ".join(dict.fromkeys([table.shown[0], *table.key]))
    return f"select {columns}\nfrom {table.full_name}\nwhere {table.shown_of}\norder by {order}"


def names_counted_otherwise(table: Table) -> str | None:
    """The select of the names in a raw table that are not counted as ``reference.model_aliases`` says now, each with the
    model that it is to be counted as; None where the table names no models.
    """
    if table.schema != "raw" or "base_permaslug" not in table.names:
        return None
    name = _name_of(table)
    return f"""select name, counted_as
from (
    select name, stored.base_permaslug, coalesce(aliases.base_permaslug, split_part(name, ':', 1)) as counted_as
    from (select distinct {name} as name, base_permaslug from {table.full_name}) as stored
    left join reference.model_aliases as aliases on alias = split_part(name, ':', 1)
)
where base_permaslug <> counted_as"""  # noqa: S608 - of the contracts


def counted_as(table: Table) -> str:
    """The update that counts the names of a raw table as they are to be counted: the rows of that select, ``renamed``."""
    author = ", author = split_part(counted_as, '/', 1)" if "author" in table.names else ""
    return (
        f"update {table.full_name} set base_permaslug = counted_as{author} "  # noqa: S608 - of the contracts
        f"from renamed where {table.name}.{_name_of(table)} = renamed.name"
    )


def _name_of(table: Table) -> str:
    return "model_permaslug" if "model_permaslug" in table.names else "canonical_slug"


def appended(table: Table) -> str:
    """The rows of a staged frame, ``staged_<table>``, that a raw table does not hold: those of one content or response
    come in once, all others one by one.
    """
    once = table.key[:1] if table.key[0] in ("block_hash", "exchange_id") else table.key
    computed = {**_OF_SOURCE, "base_permaslug": f"split_part({_name_of(table)}, ':', 1)"}
    columns = ", ".join(f"{computed[name]} as {name}" if name in computed else name for name in table.names)
    return f"select distinct {columns}\nfrom staged_{table.name}\nanti join {table.full_name} using ({', '.join(once)})"


# A share is named by its measure and denominator: the source's own names would not tell its categories from the ones of the
# rankings.
_OF_SOURCE = {
    "app_rank": "rank",
    "classified_token_share": "token_share",
    "classified_request_share": "usage_share",
    "macro_token_share": "category_token_share",
    "macro_request_share": "category_usage_share",
    "tag_request_share": "tag_usage_share",
}


def _classes_by_week(table: Table) -> str:
    """Shares of the platform and of coding side by side, by the classification that the table's second key names.

    Either may lack a week: the platform where a day was not fetched, coding where its block was not.
    """
    classification = table.key[1]
    measured = ",\n        ".join(
        f"any_value({figure}) filter (scope = '{scope}') as {scope}_{figure.removeprefix('block_')}"
        for scope in ("platform", "coding")
        for figure in ("block_token_share", "block_token_share_lower", "block_token_share_upper", "retrieved_at", "citation")
    )
    return f"""with weeks_of_classes as (
    select
        week_start, model_class as {classification}, days_in_week,
        {measured},
        bool_or(is_provisional) as is_provisional,
        max(retrieved_at) as retrieved_at,
        -- A row with anything that was cut says so: `top9` is the greater word.
        max(capture) as capture,
        max(struct_pack(at := retrieved_at, line := citation)).line as citation,
        max(weights_retrieved_at) as weights_retrieved_at,
        max(struct_pack(at := weights_retrieved_at, line := weights_citation)).line as weights_citation
    from core.class_token_shares
    join core.weeks on week_start = period_start
    where grain = 'week' and classification = '{classification}'
    group by week_start, model_class, days_in_week
)
select {", ".join(table.names)}
from weeks_of_classes"""  # noqa: S608 - of the contracts


_COMPILED = {
    "model_catalogue": (
        f"select {', '.join(TABLES['core.model_catalogue'].names)}\n"
        "from core.model_catalogue_vintages\nwhere known_to is null"
    ),
    "snapshot_rows": _snapshot_rows(),
    **{name: select for family in FAMILIES for name, select in family.selects().items()},
    **{
        name: _classes_by_week(TABLES[f"marts.{name}"])
        for name in ("country_token_share_weekly", "open_weight_token_share_weekly")
    },
    "m2_coding_share_weekly": f"from marts.coding_share_weekly\nwhere base_permaslug = {quoted(M2)}",
}


def polars_schema(table: Table) -> dict[str, pl.DataType]:
    return {column.name: _POLARS[column.type] for column in table.columns}


def contract_of(full_name: str) -> Table | Macro:
    """The contract behind ``schema.name``, be it a table or an as-of macro."""
    schema, _, name = full_name.partition(".")
    if name in MACROS and MACROS[name].schema == schema:
        return MACROS[name]
    return TABLES[full_name]
