-- What was known of 18 July 2026 on the day after, three days after, and now?
-- Does not show: what the source knew, only what had been fetched by then. A query for an instant before the first fetch is
-- rejected, and the error names the earliest one. Instants are UTC: write the Z. Every table of core and marts that is cited
-- has such a macro: marts.coding_share_weekly has coding_share_weekly_as_of(ts).
-- Tables: core.model_usage_daily, model_usage_daily_as_of
with known as (
    select '2026-07-19 12:00:00Z' as known_at, total_tokens, is_provisional, retrieved_at, citation
    from model_usage_daily_as_of('2026-07-19 12:00:00Z')
    where usage_date = '2026-07-18'
    union all
    select '2026-07-21 12:00:00Z', total_tokens, is_provisional, retrieved_at, citation
    from model_usage_daily_as_of('2026-07-21 12:00:00Z')
    where usage_date = '2026-07-18'
    union all
    select 'now', total_tokens, is_provisional, retrieved_at, citation
    from core.model_usage_daily
    where usage_date = '2026-07-18'
)
select
    known_at,
    sum(total_tokens)::bigint as platform_tokens,
    bool_or(is_provisional) as is_provisional,
    max(retrieved_at) as retrieved_at,
    max(citation) as citation
from known
group by known_at
order by known_at
