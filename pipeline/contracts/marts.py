"""Every mart, once: its grain, its columns by name, its key, and what holds of them.

Belongs here: one entry per table of ``marts``. Not here: the other layers (``tables``), what a column means (``columns``).
"""

from __future__ import annotations

from pipeline.contracts.table import CITED as _CITED
from pipeline.contracts.table import M2, Blocks, Rules, Table
from pipeline.contracts.table import table as _table

_BOTH_CITED = "platform_retrieved_at? platform_citation? coding_retrieved_at? coding_citation?"
_PLATFORM_BOUNDS = "platform_token_share? platform_token_share_lower? platform_token_share_upper?"
_CODING_BOUNDS = "coding_token_share? coding_token_share_lower? coding_token_share_upper?"
_CODING, _DAYS, _GATEWAY = "category_week/programming", "usage_day", "gateway_day"
_LISTED, _M2 = "not is_other", f"base_permaslug = '{M2}'"
_SPANS_OF_WINDOWS = " ".join(
    f"{name}? {name}_lower? {name}_upper?"
    for days in ("7d", "28d")
    for name in (f"before_{days}_token_share", f"after_{days}_token_share", f"kept_{days}")
)
_CODING_SHARE = (
    "week_start base_permaslug author coding_token_share? coding_token_share_lower coding_token_share_upper coding_rank? "
    "coding_tokens_estimate? unlisted_variants category_tokens_estimate change_pp? change_pp_lower? change_pp_upper? models_above? "
    f"lineage_coding_token_share? {_PLATFORM_BOUNDS} days_in_week is_coding_provisional is_provisional vintages "
    f"retrieved_at {_CITED} previous_retrieved_at? previous_citation? platform_retrieved_at? platform_citation?"
)
MARTS: tuple[Table, ...] = (
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
        shown="week_start coding_token_share coding_token_share_lower coding_token_share_upper coding_rank change_pp "
        "change_pp_lower change_pp_upper lineage_coding_token_share",
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
        f"change_pp_lower? change_pp_upper? rank_change? days_in_week is_provisional retrieved_at {_CITED} previous_retrieved_at? previous_citation?",
        rules=Rules(part="week_start", rank="coding_rank coding_tokens_estimate", blocks=Blocks(_CODING, "week_start", _LISTED, "coding_tokens_estimate")),
    ),
    _table(
        "marts.coding_share_error_weekly",
        "One row per ISO week and model listed in `category=programming`, variants summed: how far its share may be off because it is sampled, and whether the sample distinguishes its rank from the ranks beside it. An estimate by the assumptions of its columns, of what is listed; it is in no bound.",
        key="week_start base_permaslug",
        columns="week_start coding_rank base_permaslug author coding_token_share coding_token_share_standard_error_estimate z_to_previous? z_to_next? "
        "rank_is_resolved? rank_lower_estimate rank_upper_estimate? sample_divisor sampled_tokens_estimate sampled_requests_estimate "
        "tokens_per_request_estimate tokens_per_request_source tokens_per_request_cv_estimate resolved_from_z days_in_week "
        f"is_provisional retrieved_at {_CITED} apps_retrieved_at? apps_citation?",
        shown="week_start coding_token_share_standard_error_estimate z_to_previous z_to_next rank_lower_estimate rank_upper_estimate sample_divisor",
        shown_of=_M2,
        rules=Rules(part="week_start", rank="coding_rank coding_token_share", blocks=Blocks(_CODING, "week_start", _LISTED)),
    ),
    _table(
        "marts.m2_usage_daily",
        "One row per UTC day since MiniMax M2 was first listed: its exact tokens, variants apart and summed.",
        key="usage_date",
        columns="usage_date default_tokens? free_tokens? other_variant_tokens? total_tokens? total_tokens_lower "
        "total_tokens_upper platform_tokens platform_token_share? platform_token_share_lower platform_token_share_upper platform_rank? "
        f"days_since_first_seen is_provisional retrieved_at {_CITED} bounds_retrieved_at bounds_citation",
        shown="usage_date total_tokens total_tokens_lower total_tokens_upper platform_token_share platform_rank",
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
        "One row per day on which scores were fetched and model scored: its indices against its list price, blended of three prompt tokens to one completion token, and its listed tokens of the day before.",
        key="snapshot_on base_permaslug",
        columns="snapshot_on base_permaslug author intelligence_index? coding_index? agentic_index? score_source "
        "prompt_usd_per_million? completion_usd_per_million? blended_usd_per_million? price_source? has_free_variant "
        f"total_tokens? is_pareto_efficient? is_coding_pareto_efficient? retrieved_at {_CITED} price_retrieved_at? "
        "price_citation? usage_retrieved_at? usage_citation?",
    ),
    _table(
        "marts.spend_share_weekly",
        "One row per ISO week and model, and one per ISO week and author, of those listed on its days: its share of what all listed tokens with a price cost, by the list price of each day. How many of the tokens are completions is not known: bounds are true whatever it is, the estimate assumes three prompt tokens to one completion token. What is not listed or has no price is in no share, and nothing is off the list price: no caching, no discounts, no prices of single providers, no keys of one's own.",
        needs="models",
        key="week_start spend_of subject",
        columns="week_start spend_of subject listed_tokens priced_tokens zero_price_tokens unpriced_tokens priced_token_share? "
        "list_spend_share_estimate? list_spend_share_lower? list_spend_share_upper? list_spend_usd_estimate? list_spend_usd_lower? "
        "list_spend_usd_upper? completion_token_share_estimate unpriced_token_share covered_token_share days_priced days_in_week "
        f"is_provisional retrieved_at {_CITED} price_retrieved_at price_citation",
        shown="week_start list_spend_share_estimate list_spend_share_lower list_spend_share_upper priced_token_share covered_token_share",
        shown_of=f"spend_of = 'model' and subject = '{M2}'",
    ),
    _table(
        "marts.session_cost_comparison",
        "One row per trailing window, app, number of turns, model of MiniMax M2's lineage and model of Claude for which the source states what a session cost: the two medians, and one by the other. Which work the sessions do is not known, and small groups are not published.",
        needs="session_cost",
        key="window_end app_slug turn_range model_permaslug claude_permaslug",
        columns="window_end app_slug turn_range model_permaslug base_permaslug claude_permaslug median_session_cost_usd "
        f"claude_session_cost_usd session_cost_ratio is_provisional retrieved_at {_CITED}",
    ),
    _table(
        "marts.gateway_lab_share_daily",
        "One row per UTC day, lab and metric at a second gateway, Vercel AI Gateway: the lab's share of requests, tokens and measured spend there. Shares of its own traffic, another population than OpenRouter's: the two are never added up.",
        needs=_GATEWAY,
        key="usage_date lab metric",
        columns=f"usage_date lab canonical_author metric gateway_share is_provisional retrieved_at {_CITED}",
        shown="usage_date gateway_share",
        shown_of="lab = 'minimax' and metric = 'tokens'",
    ),
    _table(
        "marts.gateway_lab_mean_shares",
        "One row per ISO week or month, lab and metric at the second gateway: the plain mean of the lab's daily shares. No volumes are published there, so a week's or month's own share cannot be computed. Provisional until each of its days is final.",
        needs=_GATEWAY,
        key="grain period_start lab metric",
        columns=f"grain period_start lab canonical_author metric gateway_mean_share days_in_mean is_provisional retrieved_at {_CITED}",
    ),
    _table(
        "marts.gateway_comparison_weekly",
        "One row per ISO week in which the second gateway was fetched, and author listed on either: its share of tokens and of list spend on OpenRouter beside its share of requests, tokens and measured spend at the second gateway, each of its own population. OpenRouter's are of whole weeks, the second gateway's are plain means of daily shares. What is of no known author is left out.",
        needs=_GATEWAY,
        key="week_start canonical_author",
        columns=f"week_start canonical_author {_PLATFORM_BOUNDS} priced_token_share? list_spend_share_estimate? list_spend_share_lower? "
        "list_spend_share_upper? gateway_request_mean_share? gateway_token_mean_share? gateway_spend_mean_share? gateway_days? "
        "list_spend_less_tokens_pp_estimate? gateway_spend_less_tokens_pp? spend_sign_agrees_estimate? days_in_week is_provisional "
        f"retrieved_at {_CITED} platform_retrieved_at? platform_citation? price_retrieved_at? price_citation? gateway_retrieved_at? gateway_citation?",
        shown="week_start platform_token_share gateway_token_mean_share gateway_spend_mean_share list_spend_share_estimate",
        shown_of="canonical_author = 'minimax'",
    ),
    _table(
        "marts.restatements",
        "One row per figure that changed between two fetches after its period had closed.",
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
        "marts.visible_chart_effect_weekly",
        "One row per ISO week and country of makers that it lists: its share of the nine rows that the public chart shows, of the fifty largest, and the bounds on its share of the platform. The nine are rows of variants, as the chart has them, by the week's own block where that was fetched (`series` = `usage_week`), else by the sum of its days (`usage_day`).",
        needs="usage_",
        key="week_start country",
        columns="week_start country series visible_tokens visible_token_share visible_models top_50_token_share "
        "platform_token_share_lower? platform_token_share_upper? visible_effect_pp_lower? visible_effect_pp_upper? days_in_week "
        f"is_provisional retrieved_at {_CITED} platform_retrieved_at? platform_citation?",
        shown="week_start visible_token_share top_50_token_share platform_token_share_lower platform_token_share_upper",
        shown_of="country = 'CN'",
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
        "One row per ISO week and member of a lineage, from the member's first listed week of coding: its share and the share of its lineage.",
        needs=_CODING,
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
        "One row per model that was ever in the top ten of coding and week since it was first listed there: launches side by side. Recorded weeks cut at nine models show a launch when it reached the top nine.",
        needs=_CODING,
        key="base_permaslug weeks_since_first_seen",
        columns="base_permaslug author weeks_since_first_seen week_start coding_token_share? coding_token_share_lower "
        "coding_token_share_upper coding_rank? is_launch_observed peak_coding_token_share? weeks_to_peak? half_life_weeks? "
        "half_life_weeks_lower? half_life_weeks_upper? half_life_status half_life_z? half_life_is_resolved? had_free_window? "
        f"peak_share_percentile? days_in_week is_provisional retrieved_at {_CITED} curve_retrieved_at "
        "curve_citation",
        rules=Rules(between="half_life_weeks", open_above="half_life_weeks"),
    ),
    _table(
        "marts.free_windows",
        "One row per model and window in which it was mostly free: from when to when, and what it kept of its share of the platform afterwards.",
        needs=_DAYS,
        key="base_permaslug window_number",
        columns="base_permaslug window_number first_free_day last_free_day free_days window_status listed_free_tokens "
        f"listed_paid_tokens model_free_token_share {_SPANS_OF_WINDOWS} paid_rise_per_free_token? last_free_day_at_20 kept_7d_at_20? "
        f"last_free_day_at_50? kept_7d_at_50? is_provisional retrieved_at {_CITED} bounds_retrieved_at bounds_citation",
        rules=Rules(
            partly="before_7d_token_share after_7d_token_share before_28d_token_share after_28d_token_share", between="kept_7d kept_28d"
        ),
    ),
    _table(
        "marts.event_studies",
        "One row per event, model and span of seven days around it: what moved in the same days, in shares of the platform. Events are releases, changes of list prices and ends of free windows, of models that were in the platform's top ten within these days. A span of which a day was not fetched has no row. It shows no causes.",
        needs=_DAYS,
        key="event_kind event_model event_on base_permaslug days_from",
        columns="event_kind event_model event_on earliest_event_on base_permaslug event_role days_from listed_share_before? "
        f"listed_share? listed_change_pp listed_days_before? listed_days? control is_provisional retrieved_at {_CITED} "
        "event_retrieved_at? event_citation?",
        rules=Rules(whole="event_kind event_model event_on days_from"),
    ),
    _table(
        "marts.app_usage_weekly",
        "One row per ISO week since 2025-01-06, list of apps (`all` or `coding`) and app among its first two hundred: tokens, requests, and how much of the platform the list covers. As known on the day of the fetch, `known_from`: apps that were hidden or merged since are missing from past weeks, or counted as another.",
        needs="app_week/",
        key="week_start app_category app_id",
        columns="week_start app_category app_id app_name app_rank total_tokens total_requests tokens_per_request? platform_tokens? "
        f"app_token_share? app_list_token_share? days_in_week is_provisional vintages known_from retrieved_at {_CITED} "
        "platform_retrieved_at? platform_citation?",
        order="app_category week_start app_rank",
        shown="week_start app_list_token_share",
        shown_of="app_category = 'all' and app_rank = 1",
    ),
    _table(
        "marts.app_comovement",
        "One row per list of apps (`all` or `coding`) and app listed from four weeks before M2 was in the top nine of coding to four weeks after: its share of the platform before, during and after, and how its weekly changes moved with M2's. Co-movement, not cause: no source shows which app used which model.",
        needs="app_week/",
        key="app_category app_id",
        columns="app_category app_id app_name first_week last_week weeks_listed before_app_token_share? during_app_token_share? "
        "after_app_token_share? rank_correlation? changes_compared? rank_correlation_by_chance? exceeds_chance? apps_compared "
        f"is_small_sample is_provisional retrieved_at {_CITED} platform_retrieved_at? platform_citation? coding_retrieved_at coding_citation",
    ),
    _table(
        "marts.free_share_daily",
        "One row per UTC day: how much of the platform is used through free variants.",
        key="usage_date",
        columns="usage_date listed_free_tokens? listed_paid_tokens other_tokens platform_tokens free_token_share? "
        f"free_token_share_lower free_token_share_upper free_models is_provisional retrieved_at {_CITED}",
        shown="usage_date free_token_share free_token_share_lower free_token_share_upper",
        rules=Rules(
            quotient="listed_free_tokens platform_tokens free_token_share",
            blocks=Blocks(_DAYS, "usage_date", tokens="platform_tokens"),
        ),
    ),
    _table(
        "marts.weekday_factors",
        "One row per model with a complete weekend, and one for `platform`: tokens of a weekend day by those of a working day.",
        needs=_DAYS,
        key="base_permaslug",
        columns="base_permaslug complete_weekends is_small_sample first_week_start last_week_start weekend_factor "
        "weekend_factor_standard_error_estimate? weekend_factor_from_estimate? weekend_factor_to_estimate? "
        "weekend_token_share_factor? weekend_token_share_factor_standard_error_estimate? weekend_token_share_factor_from_estimate? "
        f"weekend_token_share_factor_to_estimate? is_provisional retrieved_at {_CITED}",
    ),
    _table(
        "marts.share_change_decomposition_weekly",
        "One row per model listed in either of two calendar weeks in a row, and one for `other`: who gained and lost share of coding, from the week MiniMax M2 entered. What enters or leaves the list moves between the model and `other`, which takes the rest. Weeks of different capture are not compared.",
        needs=_CODING,
        key="week_start base_permaslug",
        columns="week_start base_permaslug is_other coding_token_share_before? coding_token_share? transition "
        f"listed_change_pp m2_listed_change_pp? days_in_week is_provisional retrieved_at {_CITED} previous_retrieved_at previous_citation",
        rules=Rules(whole="week_start"),
    ),
    _table(
        "marts.coding_intensity_weekly",
        "One row per ISO week and model that coding or the platform lists then: its share of coding ÷ its exact share of the platform. 1 means that coding was as large a part of its use as of all use, more that it was larger. Of the weeks whose share of the platform is known or bounded.",
        needs=_CODING,
        key="week_start base_permaslug",
        columns=f"week_start base_permaslug author coding_token_share? coding_token_share_lower coding_token_share_upper {_PLATFORM_BOUNDS} "
        f"coding_intensity? coding_intensity_lower coding_intensity_upper? days_in_week is_provisional retrieved_at {_CITED} "
        "platform_retrieved_at platform_citation",
        rules=Rules(partly="platform_token_share", between="coding_intensity", open_above="coding_intensity"),
        shown="week_start coding_intensity coding_intensity_lower coding_intensity_upper",
        shown_of=_M2,
    ),
    _table(
        "marts.growth_accounting_weekly",
        "One row per ISO week and model whose exact tokens are known in it and in the week before: how much of their change was the market's, and how much the model's share of it. Closed weeks alone.",
        needs="usage_",
        key="week_start base_permaslug",
        columns="week_start base_permaslug author model_tokens block_tokens token_log_change market_log_change token_share_log_change "
        f"days_in_week previous_days_in_week is_provisional retrieved_at {_CITED} previous_retrieved_at previous_citation",
        shown="week_start model_tokens token_log_change market_log_change token_share_log_change",
        shown_of=_M2,
    ),
    _table(
        "marts.coding_concentration_weekly",
        "One row per ISO week: how concentrated coding was on few models, as the Herfindahl-Hirschman index and the number of models of equal share that would give it.",
        needs=_CODING,
        key="week_start",
        columns="week_start listed_models smallest_listed_token_share other_token_share hhi_lower hhi_upper hhi_upper_estimate "
        "effective_models_lower effective_models_upper effective_models_lower_estimate days_in_week is_provisional "
        f"retrieved_at {_CITED}",
        shown="week_start effective_models_upper effective_models_lower_estimate effective_models_lower",
    ),
    _table(
        "marts.top_list_survival",
        "One row per way of counting and stay of a model in the top nine of coding: how many weeks, and whether its start and end were observed. Cites the newest closed week of coding.",
        needs=_CODING,
        key="counted base_permaslug first_week",
        columns="counted base_permaslug author first_week last_week weeks_in_list is_start_observed is_end_observed "
        f"shorter_stay_share? is_provisional retrieved_at {_CITED}",
    ),
    _table(
        "marts.top_list_survival_curve",
        "One row per way of counting and number of weeks: the estimated part of the stays in the top nine of coding that last longer (Kaplan-Meier). It assumes that stays which have not ended would go on as long as the others. Cites the newest closed week of coding.",
        needs=_CODING,
        key="counted weeks_in_list",
        columns="counted weeks_in_list at_risk ended survival_share_estimate survival_standard_error_estimate? "
        "survival_share_estimate_lower? survival_share_estimate_upper? confidence_level is_provisional "
        f"retrieved_at {_CITED}",
        rules=Rules(between="survival_share_estimate"),
    ),
    _table(
        "marts.revision_statistics",
        "One row per kind of series and span of hours after the close: how often, how far and in which direction the next fetch revised a figure that was fetched then. Relative revisions are of all tokens of the block. Cites the newest of its fetches.",
        key="series_kind hours_after_close_from",
        columns="series_kind hours_after_close_from hours_after_close_to? reading_pairs day_clusters changed_pairs changed_pair_share "
        "upward_pair_share? mean_relative_revision median_relative_revision mean_absolute_relative_revision "
        "median_absolute_relative_revision standard_deviation_of_relative_revision? bias_t? median_relative_change? "
        "max_relative_change? max_largest_row_relative_change? compared_weekly_changes sign_flips top_ten_changed_pairs "
        f"top_ten_rank_changes {_CITED}",
    ),
    _table(
        "marts.vintage_matrix",
        "One row per vintage of a day or week of the platform, or of a week of coding: all tokens, and MiniMax M2's, as they were known from one instant to another. A real-time data matrix in long form: for the column of one date, take the rows with `known_from` at or before it and `known_to` after it or NULL. Cites the newest fetch of the vintage.",
        key="series period_start vintage_number",
        columns="series period_start vintage_number known_from known_to? hours_after_close block_tokens m2_tokens? m2_token_share? "
        f"retrieved_at {_CITED}",
        rules=Rules(quotient="m2_tokens block_tokens m2_token_share"),
    ),
    _table(
        "marts.m2_coding_share_daily",
        "One row per UTC day and method: MiniMax M2's share of coding, derived from weeks. A captured day runs from the day's first fetch of the running week to the next day's, a Monday from the beginning of its week; an allocated one assumes that coding was spread over the week as all usage was.",
        needs=_CODING,
        key="usage_date method",
        columns="usage_date method coding_token_share_estimate? coding_token_share_estimate_lower? "
        "coding_token_share_estimate_upper? day_coding_tokens_estimate? day_category_tokens_estimate? is_difference_negative "
        f"hours_between_readings? is_provisional retrieved_at {_CITED} previous_retrieved_at? previous_citation? "
        "platform_retrieved_at? platform_citation?",
        rules=Rules(between="coding_token_share_estimate"),
        shown="usage_date coding_token_share_estimate coding_token_share_estimate_lower coding_token_share_estimate_upper",
        shown_of="method = 'allocated'",  # the one that reaches back to the launch
    ),
    _table(
        "marts.coding_share_nowcast",
        "One row per issue, week and model: an estimate of the coding share of a week before it was fetched, or of a week that does not list the model. Never mixed into a measured table, and never rewritten. Models: the top ten of the last known week, and members of lineages.",
        needs=_CODING,
        key="issued_at week_start base_permaslug",
        columns="issued_at week_start base_permaslug author week_status days_known days_carried days_unlisted intensity_week "
        "weeks_carried carried_intensity platform_token_share_estimate coding_token_share_estimate coding_token_share_estimate_lower_50? "
        "coding_token_share_estimate_upper_50? coding_token_share_estimate_lower_80? coding_token_share_estimate_upper_80? "
        "coding_token_share_estimate_lower_95? coding_token_share_estimate_upper_95? calibration_errors calibration_weeks days_in_week "
        f"retrieved_at {_CITED} coding_retrieved_at coding_citation platform_retrieved_at platform_citation",
        shown="week_start coding_token_share_estimate coding_token_share_estimate_lower_80 coding_token_share_estimate_upper_80 days_known",
        shown_of=_M2,
    ),
    _table(
        "marts.coding_share_nowcast_scores",
        "One row per number of days known and method, of nowcasts that were issued and of those that would have been, of all models and of MiniMax M2: how far off they were, and how often their intervals held. Of weeks that list the model, with an intensity of the week before.",
        needs=_CODING,
        key="is_backtest scored_models days_known nowcast_method",
        columns="is_backtest scored_models days_known nowcast_method forecasts weeks_scored forecasts_with_intervals "
        "median_absolute_log_error mean_absolute_error_pp coverage_share_50? coverage_share_80? coverage_share_95? "
        "mean_interval_score_95_pp? mean_weighted_interval_score_pp? mean_crps_pp? is_coverage_near_nominal? "
        f"is_better_than_no_change? is_better_than_last_day? is_small_sample retrieved_at {_CITED}",
        shown="days_known mean_weighted_interval_score_pp median_absolute_log_error coverage_share_50 coverage_share_80 coverage_share_95",
        shown_of="is_backtest and scored_models = 'all' and nowcast_method = 'intensity_carried'",
    ),
    _table(
        "marts.country_claim_checks",
        "One row per claim about all tokens of a country that the press made (`reference.public_claims`): its figure by the rows that it counted, and its bounds by all tokens of the platform in the same days, with a verdict by each. What is not measurable cites the newest day.",
        needs=_DAYS,
        key="claim",
        columns="claim claim_zh country compared_country? first_day last_day counted_rows? claimed_value unit measured_value? verdict "
        "claimed_denominator claimed_denominator_zh platform_value_lower? platform_value_upper? platform_verdict evidence "
        "evidence_zh source source_zh source_url is_provisional "
        f"retrieved_at {_CITED}",
    ),
    _table(
        "marts.claim_checks",
        "One row per claim made elsewhere about MiniMax M2 and its time, or about the share of Chinese models: what these tables show of it. Where nothing is measured, or the evidence names `reference.list_prices`, the citation is the one of the newest fetch.",
        key="claim",
        columns="claim claim_zh claimed_value unit measured_value? verdict claimed_denominator? claimed_denominator_zh? "
        "platform_value_lower? platform_value_upper? platform_verdict? evidence evidence_zh source source_zh source_url? "
        f"{_CITED}",
    ),
    _table(
        "marts.citations",
        "One row per table of core and marts whose series were fetched: the line to print beside it, of the newest response, and whether it may be passed on.",
        key="table_name",
        columns=f"table_name as_of licence may_republish is_simulated {_CITED}",
    ),
    _table(
        "marts.events",
        "One row per event of a closed period that the thresholds of reference.event_thresholds let count: a model enters or leaves the top of a category, rises past others, gains or loses share; a figure is restated; a model is unclassified; a stealth model has its part of the platform; OpenRouter's API documentation differs from what this version knows.",
        key="event_id",
        columns="event_id event_kind series category? period_start base_permaslug? author? other_models value? "
        f"previous_value? unit? known_from is_provisional title evidence evidence_query retrieved_at {_CITED} "
        "previous_retrieved_at? previous_citation?",
    ),
)  # fmt: skip
