-- How good are the nowcasts of coding shares, by the days of the week that are known?
-- Does not show: weeks in which a model is not listed, as there is nothing to compare with. For nowcasts that were never
-- issued (is_backtest) each day counts as fetched when it closed. Less is better in errors and scores; coverage should be
-- 50, 80 and 95. With 0 or 1 days known the method that carries the last day on has the same estimate, and is equally good.
-- Small samples are marked.
-- Tables: marts.coding_share_nowcast_scores
select
    scored_models, is_backtest, days_known, scores.forecasts, scores.weeks_scored,
    round(scores.median_absolute_log_error, 3) as log_error,
    round(no_change.median_absolute_log_error, 3) as log_error_no_change,
    round(scores.mean_absolute_error_pp, 2) as error_pp,
    round(no_change.mean_absolute_error_pp, 2) as error_pp_no_change,
    round(last_day.mean_absolute_error_pp, 2) as error_pp_last_day,
    round(100 * scores.coverage_share_50, 1) as coverage_percent_50,
    round(100 * scores.coverage_share_80, 1) as coverage_percent_80,
    round(100 * scores.coverage_share_95, 1) as coverage_percent_95,
    round(scores.mean_weighted_interval_score_pp, 3) as interval_score,
    round(no_change.mean_weighted_interval_score_pp, 3) as interval_score_no_change,
    round(last_day.mean_weighted_interval_score_pp, 3) as interval_score_last_day,
    round(scores.mean_crps_pp, 3) as crps,
    round(no_change.mean_crps_pp, 3) as crps_no_change,
    scores.is_coverage_near_nominal, scores.is_better_than_no_change, scores.is_better_than_last_day, scores.is_small_sample,
    scores.capture, scores.citation
from marts.coding_share_nowcast_scores as scores
join marts.coding_share_nowcast_scores as no_change using (is_backtest, scored_models, days_known)
join marts.coding_share_nowcast_scores as last_day using (is_backtest, scored_models, days_known)
where scores.nowcast_method = 'intensity_carried'
    and no_change.nowcast_method = 'no_change'
    and last_day.nowcast_method = 'last_day_carried'
order by scored_models, is_backtest, days_known
