-- The scores of nowcasts by days known, beside those of the two simple methods.
select
    scored_models, is_backtest, days_known,
    max(forecasts) as forecasts,
    max(weeks_scored) as weeks,
    round(max(mean_absolute_error_pp) filter (nowcast_method = 'intensity_carried'), 2) as error_pp,
    round(max(mean_absolute_error_pp) filter (nowcast_method = 'no_change'), 2) as no_change_pp,
    round(max(mean_absolute_error_pp) filter (nowcast_method = 'last_day_carried'), 2) as last_day_pp,
    round(100 * max(coverage_share_50) filter (nowcast_method = 'intensity_carried'), 1) as held_50,
    round(100 * max(coverage_share_80) filter (nowcast_method = 'intensity_carried'), 1) as held_80,
    round(100 * max(coverage_share_95) filter (nowcast_method = 'intensity_carried'), 1) as held_95,
    round(max(mean_crps_pp) filter (nowcast_method = 'intensity_carried'), 3) as crps_pp,
    round(max(mean_crps_pp) filter (nowcast_method = 'no_change'), 3) as no_change_crps_pp,
    bool_and(is_coverage_near_nominal) filter (nowcast_method = 'intensity_carried') as is_coverage_near_nominal,
    bool_and(is_better_than_no_change) filter (nowcast_method = 'intensity_carried') as beats_no_change,
    bool_and(is_better_than_last_day) filter (nowcast_method = 'intensity_carried') as beats_last_day,
    bool_or(is_small_sample) as is_small_sample
from marts.coding_share_nowcast_scores
group by scored_models, is_backtest, days_known
order by scored_models, is_backtest, days_known
