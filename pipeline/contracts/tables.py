"""Every table, once: its grain, its columns by name, its key. First words of a description: "One row per …".

Belongs here: one entry per table and macro. Not here: what a column means (``columns``), how it is computed
(``warehouse/<schema>/<table>.sql``).
"""

from __future__ import annotations

from itertools import chain

from pipeline.contracts.families import SNAPSHOT_ROWS, SNAPSHOTS, USAGE
from pipeline.contracts.marts import MARTS
from pipeline.contracts.table import CITED as _CITED
from pipeline.contracts.table import M2, SCHEMAS, Blocks, Macro, Rules, Schema, Table
from pipeline.contracts.table import MODEL as _MODEL
from pipeline.contracts.table import table as _table

__all__ = ["MACROS", "SCHEMAS", "STORED", "TABLES", "Macro", "Schema", "Table", "table_of"]

_LISTED, _M2 = "not is_other", f"base_permaslug = '{M2}'"


_ALL = (
    # --- reference: what people decide, each row with its reason ------------------------------------------------
    _table(
        "reference.series",
        "One row per series: what is fetched, and what its periods and citations mean. Written by `pipeline/series.py`.",
        key="series",
        columns="series series_kind slice? endpoint grain is_required is_sampled has_period days_between_periods? window_days? "
        "is_dated_by_day cached_hours cited_as licence?",
    ),
    _table(
        "reference.model_lineages",
        "One row per model of a lineage: successors by one maker.",
        key="base_permaslug",
        columns="lineage position base_permaslug reason source",
    ),
    _table(
        "reference.model_aliases",
        "One row per name under which a model was listed before or after it was renamed: as which model it is counted. It acts "
        "where names are stored, in raw, so that every table counts both names as one model.",
        key="alias",
        columns="alias base_permaslug reason source",
    ),
    _table(
        "reference.known_holes",
        "One row per day that does not exist in the source.",
        key="usage_date",
        columns="usage_date reason source",
    ),
    _table(
        "reference.accepted_levels",
        "One row per period from which on a series rightly has another level: earlier blocks are not compared with it.",
        key="series period_start",
        columns="series period_start reason source",
    ),
    _table(
        "reference.wrong_sources",
        "One row per recorder whose responses of an endpoint are known to be something else than the API's: they are kept and "
        "excluded from the tables.",
        key="endpoint provenance_part",
        columns="endpoint provenance_part reason source",
    ),
    _table(
        "reference.authors",
        "One row per author's name in a slug: under which name, maker and country it is counted.",
        key="author",
        columns="author canonical_author maker country? reason source",
    ),
    _table(
        "reference.gateway_labs",
        "One row per name of a lab at the second gateway: as which author of OpenRouter's it is counted. Without an author it is known to be none.",
        key="lab",
        columns="lab canonical_author? reason source",
    ),
    _table(
        "reference.open_weights",
        "One row per model or group of models whose weights the catalogue states wrongly.",
        key="model_pattern",
        columns="model_pattern has_open_weights reason source",
    ),
    _table(
        "reference.list_prices",
        "One row per list price that the story of M2 rests on, and the day on which the catalogue was seen to list it. Not a catalogue: `core.model_prices` has what was fetched, and where that lacks the day of a claim, `marts.claim_checks` reads these.",
        key="model_permaslug listed_on",
        columns="model_permaslug listed_on prompt_usd_per_million completion_usd_per_million reason source",
    ),
    _table(
        "reference.public_claims",
        "One row per claim about all tokens of a country that the press made: its figure, what it counted over which days, and who reported it.",
        key="claim",
        columns="claim claim_zh claimed_value unit holds_from? holds_below? country compared_country? first_day last_day "
        "counted_rows? claimed_denominator claimed_denominator_zh outlet outlet_zh reported_on? reason reason_zh source",
    ),
    _table(
        "reference.stealth_models",
        "One row per model that was offered without its maker's name.",
        key="base_permaslug",
        columns="base_permaslug unmasked_as? unmasked_on? reason source",
    ),
    _table(
        "reference.routers",
        "One row per name that is known to be a router: it passes requests on to models.",
        key="base_permaslug",
        columns="base_permaslug reason source",
    ),
    _table(
        "reference.event_thresholds",
        "One row per followed series and model or group of models: from where on what it does is an event.",
        key="series model_pattern",
        columns="series model_pattern is_followed top passes_within share_change_pp restated_change stealth_share",
    ),
    _table(
        "reference.known_api",
        "One row per endpoint, parameter, enumerated value and field of OpenRouter's API that this version of the project knows, in the form of core.documented_api.",
        key="endpoint documented_part documented_value",
        columns="endpoint documented_part documented_value",
    ),
    _table(
        "reference.table_sources",
        "One row per table of core and marts: what it is taken from, and under which licence.",
        key="table_name",
        columns="table_name series_kinds licence may_republish reason source",
    ),
    # --- raw: what landing holds, typed ------------------------------------------------------------------------
    _table(
        "raw.exchanges",
        "One row per request and response in landing, with what became of it.",
        key="exchange_id",
        columns="exchange_id endpoint params series? retrieved_at status as_of? requested_start? requested_end? "
        "resolved_start? resolved_end? body_sha256 capture provenance is_simulated outcome reason? rows_read "
        "unknown_fields? part_of?",
    ),
    _table(
        "raw.readings",
        "One row per block and fetch: one period of one series in one response.",
        key="series period_start exchange_id",
        columns="series period_start retrieved_at block_hash capture as_of is_simulated source_citation? exchange_id",
    ),
    _table(
        "raw.block_rows",
        "One row per model of each different content a rankings block has had.",
        key="series period_start block_hash model_permaslug",
        columns=f"series period_start block_hash {_MODEL} total_tokens rank? block_tokens",
    ),
    *SNAPSHOT_ROWS,
    _table(
        "raw.app_names",
        "One row per name that an app had in a fetch.",
        key="retrieved_at app_id app_name",
        columns="retrieved_at app_id app_name",
    ),
    _table(
        "raw.quarantine",
        "One row per row or block that was rejected, with the reason.",
        key="exchange_id series period_start reason row_content",
        columns="exchange_id series period_start? retrieved_at reason row_content",
    ),
    # --- core: our names, one grain each, vintages resolved -----------------------------------------------------
    _table(
        "core.readings",
        "One row per fetch that counts: one per block and instant, and none of a cut capture once the API was fetched.",
        key="series period_start retrieved_at",
        columns="series period_start retrieved_at capture block_hash vintage_number as_of is_simulated cited_at citation",
    ),
    _table(
        "core.block_vintages",
        "One row per vintage of a block: consecutive fetches with equal content.",
        key="series period_start vintage_number",
        columns="series period_start vintage_number capture block_hash known_from known_to? last_read_at",
    ),
    _table(
        "core.blocks",
        "One row per period of a series that was fetched.",
        key="series period_start",
        columns="series period_start closes_at final_from? readings vintages",
    ),
    _table(
        "core.weeks",
        "One row per ISO week in which a period that was fetched begins: how many of its days exist in the source.",
        key="week_start",
        columns="week_start days_in_week",
    ),
    _table(
        "core.newest_blocks",
        "One row per period of a series that was fetched: its newest block.",
        key="series period_start",
        columns=f"series period_start block_hash is_provisional vintages retrieved_at {_CITED}",
    ),
    _table(
        "core.model_variants",
        "One row per name by which a ranking, task, session or benchmark ever listed a model: what it is made of.",
        key="model_permaslug",
        columns=_MODEL,
        is_view=True,
    ),
    _table(
        "core.known_variants",
        "One row per model variant and span of fetch times in which it is either present or gone: by then the file knows it, because a ranking, task, session, benchmark or the catalogue listed it.",
        key="model_permaslug known_from",
        columns="model_permaslug base_permaslug variant known_from known_to? gone_from?",
    ),
    _table(
        "core.snapshot_rows",
        "One row per row of each different content that a snapshot, or a day of the second gateway, has had, whatever its columns: what it is about, and a hash of "
        "what it states.",
        key="block_hash row_key",
        columns="block_hash row_key row_hash",
        is_view=True,
    ),
    _table(
        "core.snapshot_row_vintages",
        "One row per changed content of each row of each snapshot, and of each day of the second gateway, whatever its shape.",
        key="series period_start row_key known_from",
        columns="series period_start row_key block_hash known_from known_to? is_listed capture",
    ),
    _table(
        "core.block_vintage_rows",
        "One row per row of each vintage of each rankings block: what the block said before it was revised, and what it says now.",
        key="series period_start vintage_number model_permaslug",
        columns=f"series period_start vintage_number {_MODEL} total_tokens capture known_from known_to?",
        is_view=True,
    ),
    _table(
        "core.block_totals",
        "One row per vintage of a rankings block: what its rows sum to.",
        key="series period_start vintage_number",
        columns="series period_start vintage_number block_tokens block_rows largest_model_permaslug? largest_row_tokens?",
        is_view=True,
    ),
    _table(
        "core.block_row_vintages",
        "One row per changed value of each row of each rankings block.",
        key="series period_start model_permaslug known_from",
        columns=f"series period_start {_MODEL} capture total_tokens? known_from known_to? is_listed",
        is_view=True,
    ),
    _table(
        "core.block_rows",
        "One row per row of each rankings block, whatever its series: newest fetch.",
        key="series period_start model_permaslug",
        columns=f"series period_start {_MODEL} total_tokens rank? block_token_share is_provisional vintages retrieved_at "
        f"{_CITED}",
        is_view=True,
    ),
    *chain.from_iterable(usage.tables() for usage in USAGE),
    *chain.from_iterable(snapshot.tables() for snapshot in SNAPSHOTS),
    _table(
        "core.model_catalogue",
        "One row per entry of the catalogue, newest fetch: name, context, modalities, list prices.",
        needs="models",
        key="id",
        columns="id canonical_slug base_permaslug variant name created_at? context_length? hugging_face_id? input_modalities? "
        "output_modalities? price_unit prompt_usd_per_unit? completion_usd_per_unit? prompt_usd_per_token? "
        "completion_usd_per_token? intelligence_index? coding_index? agentic_index? "
        "known_from",
        is_view=True,
    ),
    _table(
        "core.model_token_bounds_daily",
        "One row per UTC day and known variant of a model, from the first day that lists the model, or of which a slice does: the bounds on the variant's tokens. `retrieved_at` and `citation` are those of the day's own block, `bounds_retrieved_at` and `bounds_citation` those of the newest fetch that the bounds rest on.",
        needs="usage_day",
        key="usage_date model_permaslug",
        order="usage_date total_tokens total_tokens_upper model_permaslug",
        columns="usage_date model_permaslug base_permaslug variant total_tokens? total_tokens_lower total_tokens_upper "
        f"narrowed_by is_contradicted is_provisional retrieved_at {_CITED} bounds_retrieved_at bounds_citation",
        rules=Rules(partly="total_tokens"),
    ),
    _table(
        "core.coding_share_estimates",
        "One row per ISO week, model, number of days known and age of the intensity: the estimate of the week's coding share, and what the share was. All figures are the first ones fetched after their period had closed, so that no row changes; `coding_token_share` is NULL where the week does not list the model or was not fetched.",
        key="week_start base_permaslug days_known weeks_carried",
        columns="week_start base_permaslug days_known weeks_carried days_unlisted intensity_week carried_intensity platform_token_share_estimate "
        "coding_token_share_estimate no_change_token_share_estimate last_day_token_share_estimate coding_retrieved_at platform_retrieved_at "
        "inputs_retrieved_at outcome_retrieved_at? coding_token_share? days_in_week",
        is_view=True,
        needs="category_week/programming",
    ),
    _table(
        "core.model_catalogue_vintages",
        "One row per content that a catalogue entry has had, from when to when it was the known one.",
        needs="models",
        key="id known_from",
        columns="id canonical_slug base_permaslug variant name created_at? context_length? hugging_face_id? input_modalities? "
        "output_modalities? price_unit prompt_usd_per_unit? completion_usd_per_unit? prompt_usd_per_token? "
        "completion_usd_per_token? intelligence_index? coding_index? agentic_index? "
        "known_from known_to?",
        is_view=True,
    ),
    _table(
        "core.model_prices",
        "One row per model variant of the catalogue and span of fetches with one list price.",
        needs="models",
        key="model_permaslug known_from",
        columns="model_permaslug base_permaslug variant price_unit prompt_usd_per_million? completion_usd_per_million? "
        "blended_usd_per_million? known_from known_to?",
        rules=Rules(has_gaps=True),
    ),
    _table(
        "core.series_coverage",
        "One row per series that was fetched: which periods were fetched, and since when.",
        key="series",
        columns="series grain first_period last_period periods_read periods_missing provisional_periods readings "
        "first_retrieved_at retrieved_at",
    ),
    _table(
        "core.model_weights",
        "One row per model and span of days in which its weights are either open or closed. Routers have no row, stealth models none until their maker is known.",
        key="base_permaslug valid_from",
        columns="base_permaslug valid_from valid_to? has_open_weights retrieved_at? citation?",
    ),
    _table(
        "core.model_kinds",
        "One row per model, variants taken together, that a ranking or the catalogue ever listed: whether its maker is hidden, and whether it is a router and no model.",
        key="base_permaslug",
        columns="base_permaslug author is_stealth is_router",
    ),
    _table(
        "core.models",
        "One row per model, variants taken together, that a ranking or the catalogue ever listed: who made it, and what kind it is.",
        key="base_permaslug",
        columns="base_permaslug author canonical_author? maker? country? has_open_weights? is_stealth is_router "
        "first_listed_on? last_listed_on?",
    ),
    _table(
        "core.model_shares_weekly",
        "One row per weekly series, ISO week and model, from the first week the series lists the model: its share of the block, absent weeks included.",
        key="series week_start base_permaslug",
        order="series week_start model_rank unlisted_variants base_permaslug",
        columns="series week_start base_permaslug author model_tokens? unlisted_variants block_tokens block_token_share? "
        f"block_token_share_lower block_token_share_upper model_rank? days_in_week is_provisional vintages retrieved_at {_CITED}",
        rules=Rules(
            part="series week_start",
            quotient="model_tokens block_tokens block_token_share",
            rank="model_rank model_tokens",
            blocks=Blocks("", "week_start", _LISTED, "model_tokens"),
        ),
    ),
    _table(
        "core.model_platform_shares_weekly",
        "One row per ISO week and model, from the first week that lists the model, itself or on one of its days: its exact share of the platform, by the week's own block where that was fetched, else by its days. Weeks with neither have no row.",
        key="week_start base_permaslug",
        columns="week_start base_permaslug author series model_tokens? block_tokens platform_token_share? "
        f"platform_token_share_lower platform_token_share_upper platform_rank? days_in_week is_provisional retrieved_at {_CITED}",
        rules=Rules(
            part="week_start", quotient="model_tokens block_tokens platform_token_share",
            rank="platform_rank platform_token_share_lower", partly="platform_token_share"
        ),
    ),
    _table(
        "core.task_macro_model_shares",
        "One row per trailing week of requests, macro category and model listed under its tags, or of a lineage: its share, variants summed.",
        key="window_end macro_category base_permaslug",
        columns="window_end macro_category base_permaslug author model_macro_token_share? model_macro_token_share_lower "
        "model_macro_token_share_upper model_macro_request_share? model_macro_request_share_lower "
        "model_macro_request_share_upper classified_token_share classified_request_share is_provisional retrieved_at "
        f"{_CITED}",
        rules=Rules(
            part="window_end macro_category", between="model_macro_token_share model_macro_request_share"
        ),
    ),
    _table(
        "core.class_token_shares",
        "One row per day of the platform, whole week of the platform and week of coding, and class of models by author, country, weights or stealth.",
        key="scope grain period_start classification model_class",
        columns="scope grain period_start classification model_class class_tokens? block_tokens block_token_share? "
        f"block_token_share_lower? block_token_share_upper? is_provisional retrieved_at {_CITED} weights_retrieved_at? "
        "weights_citation?",
        rules=Rules(
            whole="scope grain period_start classification", quotient="class_tokens block_tokens block_token_share"
        ),
    ),
    *MARTS,
    # --- ops: how the tables came to be --------------------------------------------------------------------------
    _table(
        "ops.validation_results",
        "One row per check, series and run.",
        key="run_id check_name series",
        columns="run_id checked_at series check_name severity passed checked_count failing_count detail? failing_rows?",
    ),
    _table(
        "ops.loads",
        "One row per series and run that loaded fetches: how many periods were new, grew, were restated or stayed the same.",
        key="run_id series",
        columns="run_id loaded_at series new_periods grown_periods? restated_periods confirmed_periods",
    ),
    _table(
        "ops.builds",
        "One row per published file: the definition behind a cited figure.",
        key="run_id",
        columns="run_id built_at version git_commit? reference_hashes definitions? is_simulated",
    ),
    _table(
        "ops.unpriced_usage",
        "One row per UTC day since the catalogue was first fetched: how many of the listed tokens have no price on that day.",
        key="usage_date",
        columns="usage_date listed_tokens unpriced_tokens unpriced_token_share? unpriced_models",
    ),
    _table(
        "ops.unclassified",
        "One row per author or model of the rankings that no reference row covers, with its share on the newest day it was listed, and per lab of the second gateway, with its greatest share there.",
        key="attribute subject",
        columns="attribute subject last_listed_on platform_token_share? peak_gateway_share?",
    ),
)  # fmt: skip

TABLES: dict[str, Table] = {table.full_name: table for table in _ALL}

STORED = tuple(table for table in _ALL if not table.is_view)
"""Those that hold rows of their own."""

_TIMELESS = {"core.model_variants", "core.snapshot_rows"}  # of contents, whenever they were fetched

MACROS: dict[str, Macro] = {
    macro.name: macro
    for macro in (
        *(Macro.of(table) for table in _ALL if table.schema in ("core", "marts") and table.full_name not in _TIMELESS),
        Macro(
            "core",
            "first_release",
            "core.block_rows",
            parameter="series",
            about="core.block_rows of one series of rankings, for instance 'usage_day' or 'category_week/programming', as they "
            "were first fetched at or after the close of their period. A period that was fetched only while it ran has no rows; where "
            "fetching began late, the first figures are late, too: `retrieved_at` says when.",
        ),
    )
}


def table_of(name: str) -> str:
    """The table that a macro gives, by the macro's name with or without its schema. Any other name stays."""
    macro = MACROS.get(name.rpartition(".")[2])
    return macro.table if macro else name
