-- Weeks and months of the second gateway as plain means of their days: it publishes shares and no volumes to weigh them by. A
-- day that was last fetched while it ran does not count yet.
-- Each day lists all labs, so that one which is not listed had nothing. Sums of fractions are taken in order, so that a rebuild
-- gives the same.
with days as (
    select period_start as usage_date, is_provisional, retrieved_at, capture, citation
    from core.newest_blocks
    where series = 'gateway_day/labs' and retrieved_at >= closing_of(period_start, 'day')
),
periods as (
    select
        grain,
        date_trunc(grain, usage_date)::date as period_start,
        count(*) as days_in_mean,
        bool_or(is_provisional) as has_provisional_day,
        max(struct_pack(at := retrieved_at, line := citation)) as newest,
        max(capture) as capture
    from days
    cross join (values ('week'), ('month')) as grains(grain)
    group by all
),
sums as (
    select
        grain,
        date_trunc(grain, usage_date)::date as period_start,
        lab, metric,
        list_sum(list_sort(list(gateway_share))) as sum_of_shares
    from core.gateway_lab_shares_daily
    cross join (values ('week'), ('month')) as grains(grain)
    where retrieved_at >= closing_of(usage_date, 'day')
    group by all
)
select
    grain, period_start, lab,
    coalesce(canonical_author, 'unclassified') as canonical_author,
    metric,
    sum_of_shares / days_in_mean as gateway_mean_share,
    days_in_mean,
    has_provisional_day or days_in_mean < if(grain = 'week', 7, day(last_day(period_start))) as is_provisional,
    newest.at as retrieved_at,
    capture,
    newest.line as citation
from sums
join periods using (grain, period_start)
left join reference.gateway_labs using (lab)
