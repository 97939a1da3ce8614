-- How far nowcasts of coding shares are off, by days known: of those that were issued or of the back-test, whichever are more.
with scored as (
    select *
    from marts.coding_share_nowcast_scores
    where scored_models = 'all'
),
kinds as (
    select is_backtest, sum(forecasts) as forecasts
    from scored
    group by is_backtest
)
select
    days_known, nowcast_method, is_backtest, forecasts, weeks_scored, mean_absolute_error_pp, coverage_share_50,
    coverage_share_80, coverage_share_95, mean_weighted_interval_score_pp, is_better_than_no_change, is_better_than_last_day,
    is_small_sample, citation
from scored
where is_backtest = (select arg_max(is_backtest, (forecasts, is_backtest)) from kinds)
order by days_known, nowcast_method
