-- A week is its own block where that was fetched, else the sum of its days, where each that exists was fetched.
with readings as (
    -- Rows carry a number of their fetch, in order of instant and citation; its text is looked up at the end.
    select
        series, period_start, retrieved_at, citation,
        dense_rank() over (order by retrieved_at, citation) as reading
    from core.readings
    where series in ('usage_week', 'usage_day')
),
newest as (
    select
        series, period_start, date_trunc('week', period_start)::date as week_start, block_hash, is_provisional, retrieved_at,
        reading, capture
    from core.newest_blocks
    join readings using (series, period_start, retrieved_at)
),
listed as (
    select series, period_start, model_permaslug, base_permaslug, is_other, total_tokens
    from newest
    join raw.block_rows using (series, period_start, block_hash)
),
blocks as (
    select
        series, period_start, week_start, is_provisional, reading, capture,
        sum(total_tokens)::bigint as block_tokens,
        coalesce(sum(total_tokens) filter (is_other), 0)::bigint as other_tokens,
        coalesce(min(total_tokens) filter (not is_other), other_tokens) as unlisted_upper
    from listed
    join newest using (series, period_start)
    group by all
),
weeks as (
    select
        series, week_start, days_in_week,
        sum(block_tokens)::bigint as block_tokens,
        count(*) as parts,
        bool_or(is_provisional) as is_provisional,
        max(reading) as reading,
        max(capture) as capture
    from blocks
    join core.weeks using (week_start)
    group by series, week_start, days_in_week
    having series = 'usage_week'
        or count(*) filter (period_start not in (select usage_date from reference.known_holes)) >= days_in_week
    qualify row_number() over (partition by week_start order by series desc) = 1
),
vintages_by_then as (
    select series, period_start, week_start, vintages.block_hash, first.reading
    from newest
    join core.block_vintages as vintages using (series, period_start)
    join readings as first using (series, period_start)
    where known_from <= newest.retrieved_at and first.retrieved_at = known_from
),
listing_weeks as (
    -- Weeks that any fetch listed the model in, itself or on one of its days, and the first of these fetches.
    select week_start, base_permaslug, author, min(reading) as first_listing
    from vintages_by_then
    join raw.block_rows using (series, period_start, block_hash)
    where not is_other
    group by all
),
models as (
    select base_permaslug, author, min(week_start) as first_week
    from listing_weeks
    group by all
),
models_by_week as (
    select
        series, week_start, base_permaslug, models.author,
        greatest(reading, min(first_listing) over (partition by base_permaslug order by week_start)) as reading
    from models
    join weeks on week_start >= first_week
    left join listing_weeks using (week_start, base_permaslug)
),
instants as (
    select distinct reading, retrieved_at, citation
    from readings
),
listed_models as (
    select series, period_start, base_permaslug, sum(total_tokens)::bigint as model_tokens
    from listed
    where not is_other
    group by all
),
unlisted_models as (
    select series, period_start, base_permaslug, count(*) as unlisted_variants
    from models_by_week
    join instants using (reading)
    join blocks using (series, week_start)
    join core.known_variants using (base_permaslug)
    anti join listed using (series, period_start, model_permaslug)
    where known_from <= retrieved_at
        and (known_to is null or known_to > retrieved_at)
        and (gone_from is null or gone_from > timezone('UTC', period_start::timestamp))
    group by all
),
sums as (
    select
        series, week_start, base_permaslug, models_by_week.author, models_by_week.reading,
        count(model_tokens) as listing_parts,
        coalesce(sum(model_tokens), 0)::bigint as lower_tokens,
        sum(
            coalesce(model_tokens, 0) + least(coalesce(unlisted_variants, 0) * unlisted_upper, other_tokens)
        )::bigint as upper_tokens
    from models_by_week
    join blocks using (series, week_start)
    left join listed_models using (series, period_start, base_permaslug)
    left join unlisted_models using (series, period_start, base_permaslug)
    group by all
)
select
    week_start, base_permaslug, sums.author, series,
    -- A day that does not list the model is not one without it.
    case when listing_parts = parts then lower_tokens end as model_tokens,
    block_tokens,
    model_tokens / block_tokens as platform_token_share,
    lower_tokens / block_tokens as platform_token_share_lower,
    upper_tokens / block_tokens as platform_token_share_upper,
    case when listing_parts > 0 then rank() over (
        partition by week_start, listing_parts > 0 order by lower_tokens desc
    ) end as platform_rank,
    days_in_week, is_provisional,
    instants.retrieved_at,
    capture,
    instants.citation
from sums
join instants on instants.reading = sums.reading
join weeks using (series, week_start)
