"""What the contracts of tables are compiled to as checks: selects that return the rows that break a rule.

Belongs here: what holds of any table with such columns. Not here: what is special to one (``warehouse/checks``).
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.contracts.table import Rules, Table

FIGURES, QUOTIENT, SUMS, NAMES = "bounds_hold", "share_is_the_quotient", "shares_sum_to_one", "models_are_named_whole"
RANKS, BLOCKS, SPANS = "ranks_follow_figures", "no_period_is_left_out", "spans_follow_each_other"
_ROUNDING = 1e-12  # of sums and quotients of floating point
_SUM_ROUNDING = 1e-9
_BOUNDS = ("_lower", "_upper")
_SPANS = (("known_from", "known_to"), ("valid_from", "valid_to"))
_ORIGIN = {"retrieved_at", "citation", "capture", "last_read_at"}


@dataclass(frozen=True)
class Rule:
    """``select`` returns the rows that break it, its comment says what it is."""

    name: str
    says: str
    rows: str

    @property
    def select(self) -> str:
        return f"-- {self.says}\n{self.rows}"


def rules_of(table: Table) -> list[Rule]:
    """The rules that hold of a table of core, marts or ops that stores its rows, and of what people write of models. What a
    view reads has been checked.
    """
    if table.schema == "reference" and "base_permaslug" in table.key:
        named = "contains(base_permaslug, '/') and not contains(base_permaslug, ':')"
        return [_broken(table, NAMES, "A model is named with its author, and with all its variants.", [], named)]
    if table.is_view or table.schema not in ("core", "marts", "ops"):
        return []
    found = (_figures(table), _quotient(table), _sums(table), _ranks(table), _blocks(table), _spans(table))
    return [rule for rule in found if rule is not None]


def bounded(table: Table) -> list[str]:
    """The figures that have bounds beside them."""
    return [name for name in table.names if all(f"{name}{bound}" in table.names for bound in _BOUNDS)]


def shares(table: Table) -> list[str]:
    """The figures that are fractions, bounds included."""
    return [column.name for column in table.columns if (column.unit or "").startswith("fraction")]


def parts(table: Table) -> list[str]:
    """The shares that can be summed: those with bounds, or all where none has any."""
    found = [name for name in shares(table) if not name.endswith(_BOUNDS)]
    return [name for name in bounded(table) if name in found] or found


def _broken(table: Table, name: str, says: str, shown: list[str], holds: str) -> Rule:
    columns = ", ".join(dict.fromkeys([*table.key, *shown]))
    return Rule(name, says, f"select {columns}\nfrom {table.full_name}\nwhere ({holds}) is not true")


def _figures(table: Table) -> Rule | None:
    fractions, rules = shares(table), table.rules
    conditions = [f"coalesce({name} between 0 and 1 + {_ROUNDING}, true)" for name in fractions]
    conditions += [_within(name, rules, is_optional=f"{name}_lower" not in table.required) for name in bounded(table)]
    if not conditions:
        return None
    shown = [*fractions, *(f"{name}{end}" for name in bounded(table) for end in ("", *_BOUNDS))]
    says = "A share is at least 0 and at most 1."
    if bounded(table):
        says = (
            "0 ≤ lower ≤ upper, of a share ≤ 1; the figure is the lower bound or between both. An absent figure is NULL "
            "with bounds, not 0."
        )
    return _broken(table, FIGURES, says, shown, "\n    and ".join(conditions))


def _within(name: str, rules: Rules, *, is_optional: bool) -> str:
    lower, upper = f"{name}_lower", f"{name}_upper"
    holds = f"{name} = {lower}, {lower} = 0"
    if name in rules.partly.split():
        holds = f"{name} = {lower}, true"
    elif name in rules.below.split():
        holds = f"{name} <= {lower}, true"
    elif name in rules.between.split():
        holds = f"{name} between {lower} - {_ROUNDING} and {upper} + {_ROUNDING}, true"
    rises = f"{lower} <= {upper} + {_ROUNDING}"
    if name.endswith("_pp"):
        # A change may be negative. What is known of it is within the bounds, and not known without them.
        holds = f"{name} between {lower} - {_ROUNDING} and {upper} + {_ROUNDING}, true"
        return f"({lower} is null and {upper} is null and {name} is null or {rises} and coalesce({holds}))"
    if name in rules.open_above.split():
        rises = f"coalesce({rises}, true)"
    within = f"0 <= {lower} and {rises} and coalesce({holds})"
    return f"({lower} is null and {upper} is null or {within})" if is_optional else within


def _quotient(table: Table) -> Rule | None:
    if not table.rules.quotient:
        return None
    part, whole, share = table.rules.quotient.split()
    holds = f"coalesce(abs({part} / {whole} - {share}) < {_ROUNDING}, {part} is null and {share} is null)"
    return _broken(table, QUOTIENT, f"{share} is {part} ÷ {whole}, both or neither known.", [share, part, whole], holds)


def _sums(table: Table) -> Rule | None:
    within = table.rules.whole or table.rules.part
    if not within:
        return None
    by, columns = ", ".join(within.split()), parts(table)
    if table.rules.whole:
        holds = [f"coalesce(abs(sum({name}) - 1) <= {_SUM_ROUNDING}, count({name}) = 0)" for name in columns]
        holds.append(f"count(coalesce({', '.join(columns)})) > 0")
        says = f"Shares of one {by} sum to 1, with what is in no class and `other`."
    else:
        columns = [f"{name}_lower" if f"{name}_lower" in table.names else name for name in columns]
        holds = [f"coalesce(sum({name}), 0) <= 1 + {_SUM_ROUNDING}" for name in columns]
        says = f"Shares of one {by} sum to at most 1."
    sums = ", ".join(f"sum({name}) as sum_of_{name}" for name in columns)
    return Rule(
        SUMS,
        says,
        f"select {by}, {sums}\nfrom {table.full_name}\ngroup by {by}\nhaving ({' and '.join(holds)}) is not true",
    )


def _ranks(table: Table) -> Rule | None:
    if not table.rules.rank:
        return None
    rank, measure = table.rules.rank.split()
    key, by = ", ".join(table.key), ", ".join(table.rules.part.split())
    return Rule(
        RANKS,
        f"{rank} follows {measure}, and only equals share a place.",
        f"""select *
from (
    select {key}, {rank}, {measure}, rank() over (partition by {by} order by {measure} desc) as place
    from {table.full_name}
    where {rank} is not null
)
where {rank} is distinct from place or {measure} is null""",  # noqa: S608 - of the contracts
    )


def _blocks(table: Table) -> Rule | None:
    blocks = table.rules.blocks
    if blocks is None:
        return None
    by = f"series, {blocks.period}" if "series" in table.key else blocks.period
    weekly = "series in (select series from reference.series where grain = 'week')"
    shown, agree, says = "", "", "Every fetched period is there, from the first one on."
    if blocks.tokens:
        shown = f", sum({blocks.tokens}) as shown_tokens"
        agree = " and shown_tokens is not distinct from listed_tokens"
        says = "Every fetched period is there, from the first one on, with all of its tokens."
    return Rule(
        BLOCKS,
        says,
        f"""select *
from (
    select
        series, period_start as {blocks.period}, true as is_read, sum(total_tokens) filter ({blocks.of}) as listed_tokens
    from core.newest_blocks
    join raw.block_rows using (series, period_start, block_hash)
    where {f"series = '{blocks.series}'" if blocks.series else weekly}
    group by series, period_start
    qualify period_start >= min(period_start) filter (listed_tokens is not null) over (partition by series)
)
full join (select {by}, true as is_shown{shown} from {table.full_name} group by all) using ({by})
where (is_read and is_shown{agree}) is not true""",  # noqa: S608 - of the contracts
    )


def _spans(table: Table) -> Rule | None:
    ends = [(start, end) for start, end in _SPANS if start in table.key and end in table.names]
    if not ends:
        return None
    ((start, end),) = ends
    of = ", ".join(name for name in table.key if name != start)
    values = ", ".join(name for name in table.names if name not in {*table.key, start, end, *_ORIGIN})
    next_one, follows = f"next_{start}", f"{end} is not distinct from next_{start}"
    says = "A span ends where the next one begins, the last has no end, and two in a row differ."
    if table.rules.has_gaps:
        follows = f"coalesce({end} <= {next_one}, {next_one} is null)"
        says = "No two spans overlap, and two that meet differ."
    return Rule(
        SPANS,
        says,
        f"""select {of}, {start}, {end}, {next_one}
from (
    select
        {of}, {start}, {end}, lead({start}) over span as {next_one},
        {end} = {next_one} and row({values}) is not distinct from lead(row({values})) over span as is_same
    from {table.full_name}
    window span as (partition by {of} order by {start})
)
where (coalesce({start} < {end}, true) and {follows} and not coalesce(is_same, false)) is not true""",  # noqa: S608 - of the contracts
    )
