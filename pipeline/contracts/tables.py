"""Every table, once: its grain, its columns by name, its key. First words of a description: "One row per …".

Belongs here: one entry per table and macro. Not here: what a column means (``columns``), how it is computed
(``warehouse/<schema>/<table>.sql``).
"""

from __future__ import annotations

from itertools import chain

from pipeline.contracts.families import FAMILIES, SNAPSHOTS, USAGE
from pipeline.contracts.table import CITED as _CITED
from pipeline.contracts.table import M2, SCHEMAS, Blocks, Macro, Rules, Schema, Table
from pipeline.contracts.table import MODEL as _MODEL
from pipeline.contracts.table import table as _table

__all__ = ["MACROS", "SCHEMAS", "STORED", "TABLES", "Macro", "Schema", "Table"]

_BOTH_CITED = "platform_retrieved_at? platform_citation? coding_retrieved_at? coding_citation?"
_PLATFORM_BOUNDS = "platform_token_share? platform_token_share_lower? platform_token_share_upper?"
_CODING_BOUNDS = "coding_token_share? coding_token_share_lower? coding_token_share_upper?"
_CODING, _DAYS = "category_week/programming", "usage_day"
_LISTED, _M2 = "not is_other", f"base_permaslug = '{M2}'"
_CODING_SHARE = (
    "week_start base_permaslug author coding_token_share? coding_token_share_lower coding_token_share_upper coding_rank? "
    "coding_tokens_estimate? unlisted_variants category_tokens_estimate change_pp? models_above? "
    f"lineage_coding_token_share? {_PLATFORM_BOUNDS} days_in_week is_coding_provisional is_provisional vintages "
    f"retrieved_at {_CITED} previous_retrieved_at? previous_citation? platform_retrieved_at? platform_citation?"
)


_ALL = (
    # --- reference: what people decide, each row with its reason ------------------------------------------------
    _table(
        "reference.series",
        "One row per series: what is fetched, and how its periods and citations are to be read. Written by `pipeline/series.py`.",
        key="series",
        columns="series series_kind slice? endpoint grain is_required is_sampled has_period days_between_periods? window_days? "
        "is_dated_by_day cited_as licence?",
    ),
    _table(
        "reference.model_lineages",
        "One row per model of a lineage: successors by one maker.",
        key="base_permaslug",
        columns="lineage position base_permaslug reason source",
    ),
    _table(
        "reference.known_holes",
        "One row per day that does not exist in the source.",
        key="usage_date",
        columns="usage_date reason source",
    ),
    _table(
        "reference.accepted_levels",
        "One row per period from which on a series rightly stands at another level: what stood before is no measure for it.",
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
        "reference.open_weights",
        "One row per model or group of models whose weights the catalogue does not tell right.",
        key="model_pattern",
        columns="model_pattern has_open_weights reason source",
    ),
    _table(
        "reference.stealth_models",
        "One row per model that was offered without its maker's name.",
        key="base_permaslug",
        columns="base_permaslug unmasked_as? unmasked_on? reason source",
    ),
    _table(
        "reference.routers",
        "One row per name that is known to stand for a router: it passes requests on to models.",
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
        "One row per block read once: one period of one series in one response.",
        key="series period_start exchange_id",
        columns="series period_start retrieved_at block_hash capture as_of is_simulated source_citation? exchange_id",
    ),
    _table(
        "raw.block_rows",
        "One row per model of each different content a rankings block has had.",
        key="series period_start block_hash model_permaslug",
        columns=f"series period_start block_hash {_MODEL} total_tokens rank? block_token_share",
    ),
    _table(
        "raw.catalogue_rows",
        "One row per entry of each different content the model catalogue has had.",
        key="block_hash id",
        columns="block_hash id canonical_slug name created_at? context_length? hugging_face_id? input_modalities? "
        "output_modalities? price_unit prompt_usd_per_unit? completion_usd_per_unit? intelligence_index? coding_index? "
        "agentic_index?",
    ),
    _table(
        "raw.task_rows",
        "One row per macro category, tag and model of a tag of each different content the task shares have had; `*` stands for all.",
        key="block_hash macro_category tag model_permaslug",
        columns="block_hash macro_category tag model_permaslug base_permaslug variant author? display_name? classified_token_share? classified_request_share? "
        "macro_token_share? macro_request_share? tag_token_share? tag_request_share?",
    ),
    _table(
        "raw.session_cost_rows",
        "One row per app, number of turns and model of each different content the session costs have had.",
        key="block_hash app_slug turn_range model_permaslug",
        columns="block_hash app_slug turn_range model_permaslug base_permaslug variant author median_session_cost_usd",
    ),
    _table(
        "raw.benchmark_rows",
        "One row per model of each different content the benchmarks have had.",
        key="block_hash model_permaslug",
        columns="block_hash model_permaslug base_permaslug variant author intelligence_index? coding_index? agentic_index? prompt_usd_per_token? "
        "completion_usd_per_token?",
    ),
    _table(
        "raw.app_rows",
        "One row per app of each different content a list of apps has had.",
        key="block_hash app_id",
        columns="block_hash app_id app_rank total_tokens total_requests",
    ),
    _table(
        "raw.app_names",
        "One row per name that an app went by in a reading.",
        key="retrieved_at app_id app_name",
        columns="retrieved_at app_id app_name",
    ),
    _table(
        "raw.quarantine",
        "One row per row or block that was refused, with the reason.",
        key="exchange_id series period_start reason row_content",
        columns="exchange_id series period_start? retrieved_at reason row_content",
    ),
    # --- core: our names, one grain each, vintages resolved -----------------------------------------------------
    _table(
        "core.readings",
        "One row per reading that counts: one per block and instant, and none of a cut capture once the interface was read.",
        key="series period_start retrieved_at",
        columns="series period_start retrieved_at capture block_hash vintage_number as_of is_simulated cited_at citation",
    ),
    _table(
        "core.block_vintages",
        "One row per vintage of a block: consecutive readings with equal content.",
        key="series period_start vintage_number",
        columns="series period_start vintage_number capture block_hash known_from known_to? last_read_at",
    ),
    _table(
        "core.blocks",
        "One row per period of a series that was read.",
        key="series period_start",
        columns="series period_start closes_at final_from? readings vintages",
    ),
    _table(
        "core.weeks",
        "One row per ISO week in which a period that was read begins: how many of its days exist in the source.",
        key="week_start",
        columns="week_start days_in_week",
    ),
    _table(
        "core.newest_blocks",
        "One row per period of a series that was read: its newest block.",
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
        "One row per model variant and span of reading times with one answer to whether it is gone: by then the file knows it, as a ranking, task, session, benchmark or the catalogue listed it.",
        key="model_permaslug known_from",
        columns="model_permaslug base_permaslug variant known_from known_to? gone_from?",
    ),
    _table(
        "core.snapshot_rows",
        "One row per row of each different content that a snapshot has had, whatever its columns: what it is about, and a hash of "
        "what it states.",
        key="block_hash row_key",
        columns="block_hash row_key row_hash",
        is_view=True,
    ),
    _table(
        "core.snapshot_row_vintages",
        "One row per changed content of each row of each snapshot, whatever its shape.",
        key="series period_start row_key known_from",
        columns="series period_start row_key block_hash known_from known_to? is_listed capture",
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
        "One row per row of each rankings block, whatever its series: newest reading.",
        key="series period_start model_permaslug",
        columns=f"series period_start {_MODEL} total_tokens rank? block_token_share is_provisional vintages retrieved_at "
        f"{_CITED}",
        is_view=True,
    ),
    *chain.from_iterable(usage.tables() for usage in USAGE),
    *chain.from_iterable(snapshot.tables() for snapshot in SNAPSHOTS),
    _table(
        "core.model_catalogue",
        "One row per entry of the catalogue, newest reading: name, context, modalities, list prices.",
        key="id",
        columns="id canonical_slug variant name created_at? context_length? hugging_face_id? input_modalities? "
        "output_modalities? price_unit prompt_usd_per_unit? completion_usd_per_unit? prompt_usd_per_token? "
        "completion_usd_per_token? intelligence_index? coding_index? agentic_index? "
        "known_from",
        is_view=True,
    ),
    _table(
        "core.model_token_bounds_daily",
        "One row per UTC day and known variant of a model, from the first day that lists the model, or of which a slice does: between which figures the variant's tokens lie. `retrieved_at` and `citation` are those of the day's own block, `bounds_retrieved_at` and `bounds_citation` those of the newest reading that the bounds rest on.",
        key="usage_date model_permaslug",
        order="usage_date total_tokens total_tokens_upper model_permaslug",
        columns="usage_date model_permaslug base_permaslug variant total_tokens? total_tokens_lower total_tokens_upper "
        f"narrowed_by is_contradicted is_provisional retrieved_at {_CITED} bounds_retrieved_at bounds_citation",
        rules=Rules(partly="total_tokens"),
    ),
    _table(
        "core.model_catalogue_vintages",
        "One row per content that a catalogue entry has had, from when to when it was the known one.",
        key="id known_from",
        columns="id canonical_slug variant name created_at? context_length? hugging_face_id? input_modalities? "
        "output_modalities? price_unit prompt_usd_per_unit? completion_usd_per_unit? prompt_usd_per_token? "
        "completion_usd_per_token? intelligence_index? coding_index? agentic_index? "
        "known_from known_to?",
        is_view=True,
    ),
    _table(
        "core.model_prices",
        "One row per model variant of the catalogue and span of readings with one list price.",
        key="model_permaslug known_from",
        columns="model_permaslug base_permaslug variant price_unit prompt_usd_per_million? completion_usd_per_million? "
        "blended_usd_per_million? known_from known_to?",
        rules=Rules(has_gaps=True),
    ),
    _table(
        "core.series_coverage",
        "One row per series that was read: which periods are there, and since when.",
        key="series",
        columns="series grain first_period last_period periods_read periods_missing provisional_periods readings "
        "first_retrieved_at retrieved_at",
    ),
    _table(
        "core.model_weights",
        "One row per model and span of days with one answer to whether its weights are open. Routers have no row, stealth models none until their maker is known.",
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
        "One row per ISO week and model, from the first week that lists the model, itself or on one of its days: its exact share of the platform, by the week's own block where that was read, else by its days. Weeks with neither have no row.",
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
    # --- marts: the answers people quote ------------------------------------------------------------------------
    _table(
        "marts.coding_share_weekly",
        "One row per ISO week and model, from the first week the model was listed: its share of coding, absent weeks included.",
        key="week_start base_permaslug",
        columns=_CODING_SHARE,
        rules=Rules(
            part="week_start",
            quotient="coding_tokens_estimate category_tokens_estimate coding_token_share",
            partly="platform_token_share",
            rank="coding_rank coding_tokens_estimate",
            blocks=Blocks(_CODING, "week_start", _LISTED, "coding_tokens_estimate"),
        ),
    ),
    _table(
        "marts.m2_coding_share_weekly",
        "One row per ISO week since MiniMax M2 was first listed: its share of coding, absent weeks included.",
        key="week_start",
        columns=_CODING_SHARE,
        rules=Rules(
            quotient="coding_tokens_estimate category_tokens_estimate coding_token_share",
            partly="platform_token_share",
            blocks=Blocks(_CODING, "week_start", _M2, "coding_tokens_estimate"),
        ),
    ),
    _table(
        "marts.coding_leaderboard_weekly",
        "One row per ISO week and model listed in `category=programming`, variants summed: who leads coding.",
        key="week_start base_permaslug",
        columns="week_start coding_rank base_permaslug author coding_token_share coding_tokens_estimate change_pp? "
        f"rank_change? days_in_week is_provisional retrieved_at {_CITED} previous_retrieved_at? previous_citation?",
        rules=Rules(part="week_start", rank="coding_rank coding_tokens_estimate", blocks=Blocks(_CODING, "week_start", _LISTED, "coding_tokens_estimate")),
    ),
    _table(
        "marts.m2_usage_daily",
        "One row per UTC day since MiniMax M2 was first listed: its exact tokens, variants apart and summed.",
        key="usage_date",
        columns="usage_date default_tokens? free_tokens? other_variant_tokens? total_tokens? total_tokens_lower "
        "total_tokens_upper platform_tokens platform_token_share? platform_token_share_lower platform_token_share_upper platform_rank? "
        f"days_since_first_seen is_provisional retrieved_at {_CITED} bounds_retrieved_at bounds_citation",
        rules=Rules(
            quotient="total_tokens platform_tokens platform_token_share",
            below="total_tokens platform_token_share",
            blocks=Blocks(_DAYS, "usage_date", _M2, "total_tokens"),
        ),
    ),
    _table(
        "marts.coding_share_measures_weekly",
        "One row per ISO week, model and measure, from the first week in which the measure lists the model: its share of coding by category, by language, by task in tokens and in requests, and its exact share of the platform for comparison.",
        key="week_start base_permaslug measure",
        order="measure week_start measure_rank base_permaslug",
        columns="week_start base_permaslug author measure quantity measure_share? measure_share_lower measure_share_upper measure_rank? "
        f"numerator? denominator unit is_sampled difference_pp? is_disjoint? days_in_week is_provisional retrieved_at {_CITED} "
        "category_retrieved_at? category_citation?",
        rules=Rules(part="week_start measure", quotient="numerator denominator measure_share", rank="measure_rank measure_share_lower", between="measure_share"),
    ),
    _table(
        "marts.price_intelligence",
        "One row per day on which scores were read and model scored: its indices against its list price, blended of three prompt tokens to one completion token, and its listed tokens of the day before.",
        key="snapshot_on base_permaslug",
        columns="snapshot_on base_permaslug author intelligence_index? coding_index? agentic_index? score_source "
        "prompt_usd_per_million? completion_usd_per_million? blended_usd_per_million? price_source? has_free_variant "
        f"total_tokens? is_pareto_efficient? is_coding_pareto_efficient? retrieved_at {_CITED} price_retrieved_at? "
        "price_citation? usage_retrieved_at? usage_citation?",
    ),
    _table(
        "marts.restatements",
        "One row per figure that changed between two readings after its period had closed.",
        key="series period_start model_permaslug known_after",
        columns="series period_start model_permaslug tokens_before? tokens_after? known_before known_after hours_after_close "
        f"{_CITED} previous_citation",
    ),
    _table(
        "marts.author_token_share_daily",
        "One row per UTC day and author, from the first day one of its models was listed: its share of the platform.",
        key="usage_date canonical_author",
        columns=f"usage_date canonical_author total_tokens? {_PLATFORM_BOUNDS} is_provisional retrieved_at {_CITED}",
        rules=Rules(whole="usage_date", blocks=Blocks(_DAYS, "usage_date", tokens="total_tokens")),
    ),
    _table(
        "marts.author_coding_token_share_weekly",
        "One row per ISO week and author, from the first week one of its models was listed: its share of coding.",
        key="week_start canonical_author",
        columns=f"week_start canonical_author {_CODING_BOUNDS} days_in_week is_provisional retrieved_at {_CITED}",
        rules=Rules(whole="week_start", blocks=Blocks(_CODING, "week_start")),
    ),
    _table(
        "marts.country_token_share_weekly",
        "One row per ISO week and country of makers: its share of the platform and of coding.",
        key="week_start country",
        columns=f"week_start country {_PLATFORM_BOUNDS} {_CODING_BOUNDS} days_in_week is_provisional retrieved_at {_CITED} {_BOTH_CITED}",
        rules=Rules(whole="week_start"),
    ),
    _table(
        "marts.open_weight_token_share_weekly",
        "One row per ISO week and kind of weights, open or closed: its share of the platform and of coding.",
        key="week_start weights",
        columns=f"week_start weights {_PLATFORM_BOUNDS} {_CODING_BOUNDS} days_in_week is_provisional retrieved_at {_CITED} {_BOTH_CITED} "
        "weights_retrieved_at? weights_citation?",
        rules=Rules(whole="week_start"),
    ),
    _table(
        "marts.stealth_token_share_daily",
        "One row per UTC day: the share of models that were offered without their maker's name.",
        key="usage_date",
        columns="usage_date total_tokens? platform_token_share? platform_token_share_lower platform_token_share_upper "
        f"stealth_models is_provisional retrieved_at {_CITED}",
        rules=Rules(blocks=Blocks(_DAYS, "usage_date")),
    ),
    _table(
        "marts.lineage_share_weekly",
        "One row per ISO week and member of a lineage, from the member's first listed week of coding: its share and that of its lineage.",
        key="week_start base_permaslug",
        columns="week_start lineage position base_permaslug coding_token_share? coding_token_share_lower "
        "coding_token_share_upper coding_rank? lineage_coding_token_share? days_in_week is_provisional retrieved_at "
        f"{_CITED}",
        rules=Rules(part="week_start lineage"),
    ),
    _table(
        "marts.m2_milestones",
        "One row per milestone of MiniMax M2, reached or not: when, how much, on what evidence. Provisional figures do not count. Cites the newest block of the series it is taken from.",
        key="milestone",
        columns=f"milestone reached_on? value? unit milestone_status evidence {_CITED}",
    ),
    _table(
        "marts.launch_curves",
        "One row per model that was ever among the first ten in coding and week since it was first listed there: launches side by side. Recorded weeks cut at nine models show a launch when it reached the first nine.",
        key="base_permaslug weeks_since_first_seen",
        columns="base_permaslug author weeks_since_first_seen week_start coding_token_share? coding_token_share_lower "
        "coding_token_share_upper coding_rank? is_launch_observed peak_coding_token_share? weeks_to_peak? half_life_weeks? "
        f"half_life_status had_free_window? peak_share_percentile? days_in_week is_provisional retrieved_at {_CITED} curve_retrieved_at "
        "curve_citation",
    ),
    _table(
        "marts.share_change_decomposition_weekly",
        "One row per model listed in either of two calendar weeks in a row, and one for `other`: who gained and lost share of coding, from the week MiniMax M2 entered. What enters or leaves the list moves between the model and `other`, which takes the rest. Weeks of different capture are not compared.",
        key="week_start base_permaslug",
        columns="week_start base_permaslug is_other coding_token_share_before? coding_token_share? transition "
        f"listed_change_pp m2_listed_change_pp? days_in_week is_provisional retrieved_at {_CITED} previous_retrieved_at previous_citation",
        rules=Rules(whole="week_start"),
    ),
    _table(
        "marts.revision_curve",
        "One row per kind of series and span of hours after the close: how far a reading taken then was still moved by the next one. Cites the newest of its readings.",
        key="series_kind hours_after_close_from",
        columns="series_kind hours_after_close_from hours_after_close_to? reading_pairs changed_pairs "
        f"median_relative_change? max_relative_change? max_largest_row_relative_change? {_CITED}",
    ),
    _table(
        "marts.m2_coding_share_daily",
        "One row per UTC day and method: MiniMax M2's share of coding, derived from weeks. A captured day runs from the day's first reading of the running week to the next day's, a Monday from the beginning of its week; an allocated one assumes that coding was spread over the week as all usage was.",
        key="usage_date method",
        columns="usage_date method coding_token_share_estimate? coding_token_share_estimate_lower? "
        "coding_token_share_estimate_upper? day_coding_tokens_estimate? day_category_tokens_estimate? is_difference_negative "
        f"hours_between_readings? is_provisional retrieved_at {_CITED} previous_retrieved_at? previous_citation? "
        "platform_retrieved_at? platform_citation?",
        rules=Rules(between="coding_token_share_estimate"),
    ),
    _table(
        "marts.claim_checks",
        "One row per claim made elsewhere about MiniMax M2 and its time: what these tables say of it. Where nothing is measured, the citation is that of the newest reading.",
        key="claim",
        columns=f"claim claimed_value? unit measured_value? verdict evidence source {_CITED}",
    ),
    _table(
        "marts.citations",
        "One row per table of core and marts whose series were read: the line to print beside it, of the newest response, and whether it may be passed on.",
        key="table_name",
        columns=f"table_name as_of licence may_republish is_simulated {_CITED}",
    ),
    _table(
        "marts.events",
        "One row per event of a closed period that the thresholds of reference.event_thresholds let count: a model enters or leaves the first of a category, rises past others, gains or loses share; a figure is restated; a model is unclassified; a stealth model has its part of the platform.",
        key="event_id",
        columns="event_id event_kind series category? period_start base_permaslug author other_models value? "
        f"previous_value? unit? known_from is_provisional title evidence evidence_query retrieved_at {_CITED} "
        "previous_retrieved_at? previous_citation?",
    ),
    # --- ops: how the tables came to be --------------------------------------------------------------------------
    _table(
        "ops.validation_results",
        "One row per check, series and run.",
        key="run_id check_name series",
        columns="run_id checked_at series check_name severity passed checked_count failing_count detail? failing_rows?",
    ),
    _table(
        "ops.loads",
        "One row per series and run that loaded readings: how many periods were new, grew, were restated or stayed the same.",
        key="run_id series",
        columns="run_id loaded_at series new_periods grown_periods restated_periods confirmed_periods",
    ),
    _table(
        "ops.builds",
        "One row per published file: the definition behind a cited figure.",
        key="run_id",
        columns="run_id built_at version git_commit? reference_hashes definitions? is_simulated",
    ),
    _table(
        "ops.unpriced_usage",
        "One row per UTC day since the catalogue was first read: how many of the listed tokens meet no price of that day.",
        key="usage_date",
        columns="usage_date listed_tokens unpriced_tokens unpriced_token_share? unpriced_models",
    ),
    _table(
        "ops.unclassified",
        "One row per author or model of the rankings that no reference row covers, with its share on the newest day it was listed.",
        key="attribute subject",
        columns="attribute subject last_listed_on platform_token_share?",
    ),
)  # fmt: skip

TABLES: dict[str, Table] = {table.full_name: table for table in _ALL}

STORED = tuple(table for table in _ALL if not table.is_view)
"""Those that hold rows of their own."""

MACROS: dict[str, Macro] = {
    macro.name: macro
    for macro in (
        Macro("core", "block_rows_as_of", "core.block_rows"),
        Macro("core", "newest_blocks_as_of", "core.newest_blocks"),
        *(Macro("core", f"{family.name}_as_of", f"core.{family.name}") for family in FAMILIES),
        Macro("core", "model_shares_weekly_as_of", "core.model_shares_weekly"),
        Macro("core", "model_platform_shares_weekly_as_of", "core.model_platform_shares_weekly"),
        Macro("core", "model_catalogue_as_of", "core.model_catalogue"),
        Macro("marts", "coding_share_weekly_as_of", "marts.coding_share_weekly"),
        Macro("marts", "m2_coding_share_weekly_as_of", "marts.m2_coding_share_weekly"),
    )
}
