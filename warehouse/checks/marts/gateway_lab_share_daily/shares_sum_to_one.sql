-- Every day that was fetched is there, with all of its labs: of each metric they sum to 1, as far as the source's rounding allows.
with sums as (
    select usage_date, metric, sum(gateway_share) as sum_of_shares
    from marts.gateway_lab_share_daily
    group by all
),
days as (
    select period_start as usage_date, unnest(['requests', 'tokens', 'spend']) as metric
    from core.newest_blocks
    where series = 'gateway_day/labs'
)
select usage_date, metric, sum_of_shares
from days
full join sums using (usage_date, metric)
where not coalesce(abs(sum_of_shares - 1) <= 0.000500001, false)
    or usage_date not in (select usage_date from days)
