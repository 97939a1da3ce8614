-- marts.coding_share_weekly as it was known at ts.
with shares as (
    select
        week_start, base_permaslug, author,
        model_tokens as coding_tokens_estimate,
        block_tokens as category_tokens_estimate,
        block_token_share as coding_token_share,
        block_token_share_lower as coding_token_share_lower,
        block_token_share_upper as coding_token_share_upper,
        model_rank as coding_rank,
        is_provisional, vintages, retrieved_at, capture, citation
    from model_shares_weekly_as_of(ts)
    where series = 'category_week/programming'
),
above as (
    select
        week_start, base_permaslug,
        coalesce(array_agg(base_permaslug order by coding_rank, base_permaslug) over (
            partition by week_start
            order by coding_rank
            groups between unbounded preceding and 1 preceding
        ), []) as models_above
    from shares
    where coding_rank is not null
),
lineages as (
    select week_start, lineage, sum(coding_tokens_estimate) / any_value(category_tokens_estimate) as lineage_share
    from shares
    join reference.model_lineages using (base_permaslug)
    group by all
),
existing_days as (
    select week_start, 7 - count(usage_date) as days
    from (select distinct week_start from shares)
    left join reference.known_holes on usage_date between week_start and week_start + 6
    group by all
),
days as (
    select
        date_trunc('week', usage_date)::date as week_start, usage_date, base_permaslug, total_tokens
    from model_usage_daily_as_of(ts)
),
platform_weeks as (
    select week_start, sum(total_tokens) as platform_tokens
    from days
    join existing_days using (week_start)
    group by week_start, existing_days.days
    having count(distinct usage_date) filter (
        usage_date not in (select usage_date from reference.known_holes)
    ) >= existing_days.days
),
platform as (
    select week_start, base_permaslug, sum(total_tokens) / any_value(platform_tokens) as platform_token_share
    from days
    join platform_weeks using (week_start)
    group by all
)
select
    shares.week_start, shares.base_permaslug, shares.author,
    shares.coding_token_share, shares.coding_token_share_lower, shares.coding_token_share_upper, shares.coding_rank,
    shares.coding_tokens_estimate, shares.category_tokens_estimate,
    100 * (shares.coding_token_share - previous.coding_token_share) as change_pp,
    above.models_above,
    lineages.lineage_share as lineage_coding_token_share,
    platform.platform_token_share,
    shares.is_provisional, shares.vintages, shares.retrieved_at, shares.capture, shares.citation
from shares
left join shares as previous
    on previous.base_permaslug = shares.base_permaslug and previous.week_start = shares.week_start - 7
left join above
    on above.week_start = shares.week_start and above.base_permaslug = shares.base_permaslug
left join reference.model_lineages as member on member.base_permaslug = shares.base_permaslug
left join lineages on lineages.week_start = shares.week_start and lineages.lineage = member.lineage
left join platform
    on platform.week_start = shares.week_start and platform.base_permaslug = shares.base_permaslug
