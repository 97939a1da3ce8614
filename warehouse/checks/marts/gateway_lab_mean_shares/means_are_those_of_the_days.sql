-- A mean is over the days which were fetched, a lab that is not listed being 0.
with shares as (
    select grain, date_trunc(grain, usage_date)::date as period_start, usage_date, lab, metric, gateway_share
    from core.gateway_lab_shares_daily
    cross join (values ('week'), ('month')) as grains(grain)
    where timezone('UTC', retrieved_at)::date > usage_date
),
days as (
    select grain, period_start, count(distinct usage_date) as days_read
    from shares
    group by all
),
means as (
    select grain, period_start, lab, metric, sum(gateway_share) / any_value(days_read) as mean_of_days, any_value(days_read) as days_read
    from shares
    join days using (grain, period_start)
    group by all
)
select grain, period_start, lab, metric, gateway_mean_share, mean_of_days, days_in_mean, days_read
from marts.gateway_lab_mean_shares
full join means using (grain, period_start, lab, metric)
where not coalesce(abs(gateway_mean_share - mean_of_days) < 1e-12 and days_in_mean = days_read, false)
