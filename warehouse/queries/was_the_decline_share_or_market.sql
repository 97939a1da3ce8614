-- When M2's use fell after its busiest week, was it the market or M2's share of it?
-- Does not show: why the share fell, nor coding, whose levels are scaled from a sample and are not meaningful. Changes are
-- natural logarithms of tokens a day, so they add up over weeks: −0.69 is half, and the columns that begin with since_ are
-- the sums from the busiest week on. A week that does not list M2 on each of its days has no exact tokens, and the list ends
-- before it.
-- Tables: marts.growth_accounting_weekly
with m2 as (
    select *, model_tokens / days_in_week as tokens_per_day
    from marts.growth_accounting_weekly
    where base_permaslug = 'minimax/minimax-m2'
),
busiest as (
    select max(week_start) as busiest_week
    from m2
    where tokens_per_day = (select max(tokens_per_day) from m2 where not is_provisional)
)
select
    week_start,
    round(tokens_per_day / 1e9, 1) as billion_tokens_per_day,
    round(token_log_change, 3) as tokens,
    round(market_log_change, 3) as market,
    round(token_share_log_change, 3) as share,
    round(sum(token_log_change) over since, 2) as since_busiest_tokens,
    round(sum(market_log_change) over since, 2) as since_busiest_market,
    round(sum(token_share_log_change) over since, 2) as since_busiest_share,
    days_in_week, is_provisional, capture, citation, previous_citation
from m2
cross join busiest
where week_start > busiest_week
window since as (order by week_start)
order by week_start
