-- marts.coding_share_weekly as it was known at ts.
with listed as (
    select week_start, base_permaslug, variant, author, is_other, tokens_estimate, is_provisional, vintages,
        retrieved_at, capture, citation
    from category_usage_weekly_as_of(ts)
    where category = 'programming'
),
weeks as (
    select
        week_start, is_provisional, vintages, retrieved_at, capture, citation,
        sum(tokens_estimate)::bigint as category_tokens_estimate,
        coalesce(sum(tokens_estimate) filter (is_other), 0)::bigint as other_tokens,
        -- An unlisted variant is at most the smallest listed row; below, all together are within the tail.
        min(tokens_estimate) filter (not is_other) as unlisted_upper
    from listed
    group by all
),
variants as (
    select base_permaslug, variant, author, min(week_start) as first_week
    from listed
    where not is_other
    group by all
),
models_by_week as (
    -- Every week from the one in which the model was first listed, present or not.
    select
        week_start, base_permaslug, author,
        sum(tokens_estimate)::bigint as coding_tokens_estimate,
        count_if(tokens_estimate is null) as unlisted_variants
    from variants
    join weeks on week_start >= first_week
    left join listed using (week_start, base_permaslug, variant, author)
    group by all
),
shares as (
    select
        *,
        coding_tokens_estimate / category_tokens_estimate as coding_token_share,
        coalesce(coding_tokens_estimate, 0) / category_tokens_estimate as coding_token_share_lower,
        (
            coalesce(coding_tokens_estimate, 0) + least(unlisted_variants * unlisted_upper, other_tokens)
        ) / category_tokens_estimate as coding_token_share_upper,
        case when coding_tokens_estimate is not null then rank() over (
            partition by week_start, coding_tokens_estimate is null order by coding_tokens_estimate desc
        ) end as coding_rank
    from models_by_week
    join weeks using (week_start)
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
    from weeks
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
