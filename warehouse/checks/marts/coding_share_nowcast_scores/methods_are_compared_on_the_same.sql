-- Each method is scored on the same forecasts, and a wider interval holds no less than a narrower one.
select is_backtest, scored_models, days_known, nowcast_method, forecasts, forecasts_with_intervals
from marts.coding_share_nowcast_scores
window same as (partition by is_backtest, scored_models, days_known)
qualify not (
    count(*) over same = 3
    and forecasts = min(forecasts) over same
    and forecasts_with_intervals = min(forecasts_with_intervals) over same
    and forecasts_with_intervals <= forecasts
    and weeks_scored <= forecasts
    and (forecasts_with_intervals > 0) = (coverage_share_50 is not null)
    and coalesce(coverage_share_50 <= coverage_share_80 and coverage_share_80 <= coverage_share_95, true)
)
