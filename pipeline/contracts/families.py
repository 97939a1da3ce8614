"""Tables that come in one form: usage by period, and what snapshots state, as stored and in core. Columns, and selects.

Belongs here: the forms, and one entry per table. Not here: tables of a form of their own (``tables``, ``warehouse/core``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.contracts.table import CITED, MODEL, Table, table


@dataclass(frozen=True)
class Usage:
    """A kind of rankings series as tables of usage by period and model variant. They are views with one form of select.

    ``value`` is the column of what a series of the kind selects by, as in ``category_week/programming``; "" where it is one
    series.
    """

    name: str
    series_kind: str
    period: str
    listed: str
    start: str
    value: str
    is_sampled: bool
    share: str

    @property
    def tokens(self) -> str:
        return "tokens_estimate" if self.is_sampled else "total_tokens"

    @property
    def has_week(self) -> bool:
        return self.start == "week_start"

    def tables(self) -> tuple[Table, Table]:
        """The newest rows, and their vintages."""
        measure = "sampled estimate" if self.is_sampled else "exact tokens"
        key = f"{self.start} {self.value} model_permaslug"
        vintages = "vintages " if self.is_sampled else ""
        days = "days_in_week " if self.has_week else ""
        return (
            table(
                f"core.{self.name}",
                f"One row per {self.period} and model variant {self.listed}, and one for `other`: {measure}, newest fetch.",
                key=key,
                columns=f"{self.start} {self.value} {MODEL} {self.tokens} rank? {self.share} {days}is_provisional {vintages}"
                f"retrieved_at {CITED}",
                is_view=True,
                needs=self.series_kind,
            ),
            table(
                f"core.{self.name}_vintages",
                f"One row per value that a row of core.{self.name} has had: {measure}, from when to when it was the known one.",
                key=f"{key} known_from",
                columns=f"{self.start} {self.value} {MODEL} {self.tokens}? {days}known_from known_to? is_listed capture",
                is_view=True,
                needs=self.series_kind,
            ),
        )

    def selects(self) -> dict[str, str]:
        """The selects by name: the newest rows, and their vintages."""
        value = f"substr(series, strpos(series, '/') + 1) as {self.value}, " if self.value else ""
        of_kind = f"starts_with(series, '{self.series_kind}/')" if self.value else f"series = '{self.series_kind}'"
        row = f"period_start as {self.start}, {value}model_permaslug, base_permaslug, variant, author, is_other"
        tokens = f"total_tokens as {self.tokens}"
        days = "days_in_week, " if self.has_week else ""
        vintages = "vintages, " if self.is_sampled else ""
        weeks = "\njoin core.weeks on weeks.week_start = period_start" if self.has_week else ""
        return {
            self.name: (
                f"select {row},\n    {tokens}, rank, block_token_share as {self.share},\n"
                f"    {days}is_provisional, {vintages}retrieved_at, capture, citation\n"
                f"from core.block_rows{weeks}\nwhere {of_kind}"
            ),
            f"{self.name}_vintages": (
                f"select {row},\n    {tokens}, {days}known_from, known_to, is_listed, capture\n"
                f"from core.block_row_vintages{weeks}\nwhere {of_kind}"
            ),
        }


_TOP, _SLICE_TOP = "in the top 50", "in its top 50"
USAGE = (
    Usage("model_usage_daily", "usage_day", "UTC day", _TOP, "usage_date", "", False, "platform_token_share"),
    Usage("model_usage_weekly", "usage_week", "ISO week", _TOP, "week_start", "", False, "platform_token_share"),
    Usage("model_usage_monthly", "usage_month", "month", _TOP, "month_start", "", False, "platform_token_share"),
    Usage("category_usage_weekly", "category_week", "ISO week, category", "listed", "week_start", "category", True, "category_token_share"),
    Usage("language_usage_weekly", "language_week", "ISO week, language type", "listed", "week_start", "language_type", True, "language_token_share"),
    Usage("modality_usage_daily", "modality_day", "UTC day, modality", _SLICE_TOP, "usage_date", "modality", False, "modality_token_share"),
    Usage("context_usage_daily", "context_day", "UTC day, context bucket", _SLICE_TOP, "usage_date", "context_bucket", False, "context_token_share"),
)  # fmt: skip


@dataclass(frozen=True)
class Snapshot:
    """What a snapshot states of each ``one``, in rows of ``raw.<rows>`` that ``where`` selects, and its vintages.

    ``series`` is how the names of its series begin, ``row_key`` are the columns that ``core.snapshot_row_vintages`` names a
    row by. ``newest`` are columns that have no vintages, ``names`` a select of what each row is called in each window that
    was fetched, with a column to join by. ``computed`` are columns that are not those of the rows.
    """

    name: str
    series: str
    one: str
    rows: str
    row_key: str
    key: str
    values: str
    about: str = ""
    newest: str = ""
    named: str = ""
    names: str = ""
    has_window: bool = True
    where: str = "true"
    computed: Mapping[str, str] = field(default_factory=dict)

    def tables(self) -> tuple[Table, Table]:
        """The newest rows, and their vintages."""
        nullable = " ".join(value.rstrip("?") + "?" for value in self.values.split())
        return (
            table(
                f"core.{self.name}",
                f"One row per {self.one}: newest fetch.",
                key=self.key,
                columns=f"{self.key} {self.about} {self.newest} {self.named} {self.values} {self._settled} retrieved_at {CITED}",
                is_view=True,
                needs=self.series,
            ),
            table(
                f"core.{self.name}_vintages",
                f"One row per value that a row of core.{self.name} has had, from when to when it was the known one.",
                key=f"{self.key} known_from",
                columns=f"{self.key} {self.about} {nullable} known_from known_to? is_listed capture",
                is_view=True,
                needs=self.series,
            ),
        )

    def selects(self) -> dict[str, str]:
        """The selects by name: the newest rows, and their vintages."""
        about = self._taken(f"{self.key} {self.about}")
        now = [*about, *self._taken(f"{self.newest} {self.named} {self.values} {self._settled} retrieved_at {CITED}")]
        values = [
            f"case when is_listed then {self.computed.get(value, value)} end as {value}"
            for value in self.values.replace("?", "").split()
        ]
        names = f"\nleft join ({self.names}) using (app_id)" if self.names else ""
        row_key = ", ".join(f"stated.{name}" for name in self.row_key.split())
        return {
            self.name: (
                f"select {', '.join(now)}\nfrom core.newest_blocks\njoin raw.{self.rows} using (block_hash){names}\n"
                f"where {self.where}"
            ),
            f"{self.name}_vintages": (
                f"select {', '.join([*about, *values, 'known_from', 'known_to', 'is_listed', 'capture'])}\n"
                f"from core.snapshot_row_vintages as lines\njoin raw.{self.rows} as stated\n"
                f"    on stated.block_hash = lines.block_hash and concat_ws(chr(31), {row_key}) = lines.row_key\n"
                f"where {self.where}"
            ),
        }

    @property
    def _settled(self) -> str:
        return "is_provisional vintages" if self.has_window else ""

    def _taken(self, names: str) -> list[str]:
        computed = {"window_end": "period_start", **self.computed}
        return [f"{computed[name]} as {name}" if name in computed else name for name in names.replace("?", "").split()]


SNAPSHOT_ROWS = (
    table(
        "raw.catalogue_rows",
        "One row per entry of each different content the model catalogue has had.",
        key="block_hash id",
        columns="block_hash id canonical_slug base_permaslug name created_at? context_length? hugging_face_id? input_modalities? "
        "output_modalities? price_unit prompt_usd_per_unit? completion_usd_per_unit? intelligence_index? coding_index? "
        "agentic_index?",
    ),
    table(
        "raw.task_rows",
        "One row per macro category, tag and model of a tag of each different content the task shares have had; `*` is all models or tags.",
        key="block_hash macro_category tag model_permaslug",
        columns="block_hash macro_category tag model_permaslug base_permaslug variant author? display_name? classified_token_share? classified_request_share? "
        "macro_token_share? macro_request_share? tag_token_share? tag_request_share?",
    ),
    table(
        "raw.session_cost_rows",
        "One row per app, number of turns and model of each different content the session costs have had.",
        key="block_hash app_slug turn_range model_permaslug",
        columns="block_hash app_slug turn_range model_permaslug base_permaslug variant author median_session_cost_usd",
    ),
    table(
        "raw.benchmark_rows",
        "One row per model of each different content the benchmarks have had.",
        key="block_hash model_permaslug",
        columns="block_hash model_permaslug base_permaslug variant author intelligence_index? coding_index? agentic_index? prompt_usd_per_token? "
        "completion_usd_per_token?",
    ),
    table(
        "raw.app_rows",
        "One row per app of each different content a list of apps has had.",
        key="block_hash app_id",
        columns="block_hash app_id app_rank total_tokens total_requests",
    ),
    table(
        "raw.gateway_rows",
        "One row per lab and metric of each different content that a day of the second gateway has had.",
        key="block_hash lab metric",
        columns="block_hash lab metric share_percent",
    ),
    table(
        "raw.contract_rows",
        "One row per documented endpoint, parameter, enumerated value and field of each different content that OpenRouter's OpenAPI document has had.",
        key="block_hash endpoint documented_part documented_value",
        columns="block_hash endpoint documented_part documented_value",
    ),
)  # fmt: skip
"""What is stored of each different content that a snapshot, or a day of the second gateway, has had: the rows it states."""

_TASKS = "task_rows", "macro_category tag model_permaslug"
_PARTS = "base_permaslug variant author"
_APP_NAMES = (
    "select app_id, arg_max(app_name, (retrieved_at, app_name)) as app_name\n    from raw.app_names\n    group by all"
)
_APP_CATEGORY = "coalesce(nullif(split_part(series, '/', 3), ''), 'all')"
SNAPSHOTS = (
    Snapshot(
        "task_shares",
        "task_7d",
        "trailing week of requests, macro category and tag, and one per macro category (tag `*`)",
        *_TASKS,
        key="window_end macro_category tag",
        values="classified_token_share classified_request_share macro_token_share? macro_request_share?",
        newest="display_name",
        where="model_permaslug = '*'",
    ),
    Snapshot(
        "task_model_shares",
        "task_7d",
        "trailing week of requests, tag, and model variant among the ten with most requests of the tag",
        *_TASKS,
        key="window_end macro_category tag model_permaslug",
        about=_PARTS,
        values="tag_token_share tag_request_share",
        newest="request_rank",
        where="model_permaslug <> '*'",
        computed={
            "request_rank": "rank() over (partition by period_start, macro_category, tag order by tag_request_share desc)"
        },
    ),
    Snapshot(
        "session_costs",
        "session_cost",
        "trailing window, app, number of turns and model variant",
        "session_cost_rows",
        "app_slug turn_range model_permaslug",
        key="window_end app_slug turn_range model_permaslug",
        about=_PARTS,
        values="median_session_cost_usd",
    ),
    Snapshot(
        "app_usage",
        "app_",
        "trailing window, list of apps and app among its first hundred",
        "app_rows",
        "app_id",
        key="window_end window_days app_sort app_category app_id",
        values="app_rank total_tokens total_requests",
        named="app_name",
        names=_APP_NAMES,
        where="not starts_with(series, 'app_week/')",
        computed={
            "window_days": "(case when starts_with(series, 'app_1d/') then 1 else 30 end)::bigint",
            "app_sort": "split_part(series, '/', 2)",
            "app_category": _APP_CATEGORY,
        },
    ),
    Snapshot(
        "benchmark_scores",
        "benchmarks",
        "model that was scored by Artificial Analysis",
        "benchmark_rows",
        "model_permaslug",
        key="model_permaslug",
        about=_PARTS,
        values="intelligence_index? coding_index? agentic_index? prompt_usd_per_token? completion_usd_per_token?",
        has_window=False,
    ),
    Snapshot(
        "app_list_weekly",
        "app_week/",
        "ISO week, list of apps and app among its first two hundred, as known on the day of the fetch",
        "app_rows",
        "app_id",
        key="week_start app_category app_id",
        about="days_in_week",
        values="app_rank total_tokens total_requests",
        named="app_name",
        names=_APP_NAMES,
        where="starts_with(series, 'app_week/')",
        computed={
            "week_start": "period_start",
            "app_category": _APP_CATEGORY,
            "days_in_week": "(select days_in_week from core.weeks where weeks.week_start = period_start)",
        },
    ),
    Snapshot(
        "gateway_lab_shares_daily",
        "gateway_day",
        "UTC day, lab and metric at the second gateway, Vercel AI Gateway. Shares of its own traffic",
        "gateway_rows",
        "lab metric",
        key="usage_date lab metric",
        values="gateway_share",
        computed={"usage_date": "period_start", "gateway_share": "share_percent / 100"},
    ),
    Snapshot(
        "documented_api",
        "contract",
        "endpoint, parameter, enumerated value and field that OpenRouter documents of what the project fetches, and endpoint of other data",
        "contract_rows",
        "endpoint documented_part documented_value",
        key="endpoint documented_part documented_value",
        values="",
        has_window=False,
    ),
)
FAMILIES: tuple[Usage | Snapshot, ...] = (*USAGE, *SNAPSHOTS)
