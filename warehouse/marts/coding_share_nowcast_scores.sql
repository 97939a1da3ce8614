-- How good the nowcasts are, with an intensity of the week before, beside two simple ways with intervals of the same kind.
-- What was not issued is scored as if each day had been fetched when it closed: an issue then would have had the same figures.
with estimates as materialized (
    select
        week_start, base_permaslug, days_known, inputs_retrieved_at, outcome_retrieved_at, coding_token_share,
        unnest([
            {nowcast_method: 'intensity_carried', estimate: coding_token_share_estimate},
            {nowcast_method: 'last_day_carried', estimate: last_day_token_share_estimate},
            {nowcast_method: 'no_change', estimate: no_change_token_share_estimate}
        ], recursive := true)
    from core.coding_share_estimates
    where weeks_carried = 1 and coding_token_share > 0 and coding_token_share_estimate > 0
),
errors as (
    select
        week_start, days_known, nowcast_method,
        max(inputs_retrieved_at) as inputs_retrieved_at,
        max(greatest(inputs_retrieved_at, outcome_retrieved_at)) as error_known_from,
        list(abs(ln(estimate / coding_token_share))) as log_errors
    from estimates
    group by week_start, days_known, nowcast_method
),
calibrations as (
    select
        scored.week_start, days_known, nowcast_method,
        list_sort(flatten(list(earlier.log_errors))) as log_errors
    from errors as scored
    join errors as earlier using (days_known, nowcast_method)
    where earlier.week_start < scored.week_start
        and earlier.week_start >= scored.week_start - 91
        and earlier.error_known_from <= scored.inputs_retrieved_at
    group by scored.week_start, days_known, nowcast_method
),
calibrated as (
    select
        week_start, days_known, nowcast_method,
        exp(conformal_error(log_errors, 0.5)) as factor_50,
        exp(conformal_error(log_errors, 0.8)) as factor_80,
        exp(conformal_error(log_errors, 0.95)) as factor_95,
        -- Of twenty evenly spaced quantiles the pairs, from the outermost in.
        list_transform(
            [0.95, 0.85, 0.75, 0.65, 0.55, 0.45, 0.35, 0.25, 0.15, 0.05],
            lambda coverage: {share: (1 - coverage)::double, factor: exp(conformal_error(log_errors, coverage))}
        ) as pairs
    from calibrations
    -- With fewer there is no interval of 95 %.
    where conformal_error(log_errors, 0.95) is not null
),
issued as (
    select distinct week_start, base_permaslug, days_known
    from marts.coding_share_nowcast
    where weeks_carried = 1 and week_status <> 'not_listed'
),
forecasts as (
    select
        estimates.*,
        issued.week_start is null as is_backtest,
        abs(ln(estimate / coding_token_share)) as log_error,
        abs(estimate - coding_token_share) as error,
        interval_score(estimate, factor_50, coding_token_share, 0.5) as score_50,
        interval_score(estimate, factor_80, coding_token_share, 0.2) as score_80,
        interval_score(estimate, factor_95, coding_token_share, 0.05) as score_95,
        (error / 2 + 0.5 / 2 * score_50 + 0.2 / 2 * score_80 + 0.05 / 2 * score_95) / 3.5 as weighted_score,
        list_sum(list_transform(
            pairs, lambda pair: pair.share / 2 * interval_score(estimate, pair.factor, coding_token_share, pair.share)
        )) / 10 as crps,
        log_error <= ln(factor_50) as is_within_50,
        log_error <= ln(factor_80) as is_within_80,
        log_error <= ln(factor_95) as is_within_95,
        unnest(if(base_permaslug = m2(), ['all', base_permaslug], ['all'])) as scored_models
    from estimates
    left join calibrated using (week_start, days_known, nowcast_method)
    left join issued using (week_start, base_permaslug, days_known)
),
scores as (
    select
        is_backtest, scored_models, days_known, nowcast_method,
        count(*) as forecasts,
        count(distinct week_start) as weeks_scored,
        count(crps) as forecasts_with_intervals,
        median(log_error) as median_absolute_log_error,
        100 * avg(error order by error) as mean_absolute_error_pp,
        avg(is_within_50::bigint) as coverage_share_50,
        avg(is_within_80::bigint) as coverage_share_80,
        avg(is_within_95::bigint) as coverage_share_95,
        100 * avg(score_95 order by score_95) as mean_interval_score_95_pp,
        100 * avg(weighted_score order by weighted_score) as mean_weighted_interval_score_pp,
        100 * avg(crps order by crps) as mean_crps_pp,
        max(greatest(inputs_retrieved_at, outcome_retrieved_at)) as retrieved_at,
        max(outcome_retrieved_at) as outcome_retrieved_at
    from forecasts
    group by is_backtest, scored_models, days_known, nowcast_method
),
instants as (
    select
        retrieved_at,
        max(citation) as citation,
        max(capture) filter (series = 'category_week/programming') as capture
    from core.readings
    group by retrieved_at
)
select
    is_backtest, scored_models, days_known, nowcast_method, forecasts, weeks_scored,
    forecasts_with_intervals, median_absolute_log_error, mean_absolute_error_pp, coverage_share_50, coverage_share_80,
    coverage_share_95, mean_interval_score_95_pp, mean_weighted_interval_score_pp, mean_crps_pp,
    greatest(abs(coverage_share_50 - 0.5), abs(coverage_share_80 - 0.8), abs(coverage_share_95 - 0.95))
    <= 0.05 as is_coverage_near_nominal,
    -- Two methods that say the same differ by rounding.
    case when nowcast_method <> 'no_change'
        then mean_weighted_interval_score_pp < no_change_score * (1 - 1e-9) end as is_better_than_no_change,
    case when nowcast_method <> 'last_day_carried'
        then mean_weighted_interval_score_pp < last_day_score * (1 - 1e-9) end as is_better_than_last_day,
    -- Of a week's models a few each: with fewer weeks than a quarter has, chance decides.
    weeks_scored < 13 as is_small_sample,
    scores.retrieved_at,
    -- How deep the weeks of coding are that are compared with.
    outcomes.capture, instants.citation
from scores
join (
    select
        is_backtest, scored_models, days_known,
        max(mean_weighted_interval_score_pp) filter (nowcast_method = 'no_change') as no_change_score,
        max(mean_weighted_interval_score_pp) filter (nowcast_method = 'last_day_carried') as last_day_score
    from scores
    group by is_backtest, scored_models, days_known
) using (is_backtest, scored_models, days_known)
join instants using (retrieved_at)
join instants as outcomes on outcomes.retrieved_at = outcome_retrieved_at
