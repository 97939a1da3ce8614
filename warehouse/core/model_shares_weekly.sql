with readings as (
    -- Rows carry a number of their fetch, in order of instant and citation; its text is looked up at the end. Every window
    -- is of one series, so that a query of one reads no other.
    select
        series, period_start, retrieved_at, citation,
        dense_rank() over (partition by series order by retrieved_at, citation) as reading
    from core.readings
    where series = 'usage_week' or starts_with(series, 'category_week/') or starts_with(series, 'language_week/')
),
newest as (
    select series, period_start, block_hash, is_provisional, vintages, retrieved_at, reading, capture
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
        series, period_start,
        sum(total_tokens)::bigint as block_tokens,
        coalesce(sum(total_tokens) filter (is_other), 0)::bigint as other_tokens,
        -- An unlisted variant is at most the smallest listed row; below, all together are within the tail.
        coalesce(min(total_tokens) filter (not is_other), other_tokens) as unlisted_upper
    from listed
    group by all
),
vintages_by_then as (
    select series, period_start, vintages.block_hash, first.reading
    from newest
    join core.block_vintages as vintages using (series, period_start)
    join readings as first using (series, period_start)
    where known_from <= newest.retrieved_at and first.retrieved_at = known_from
),
listing_weeks as (
    -- Weeks that any fetch listed the model in, each with the first fetch that listed it in this week or in one before.
    select
        series, period_start, base_permaslug, author,
        min(min(reading)) over (partition by series, base_permaslug order by period_start) as first_listing
    from vintages_by_then
    join raw.block_rows using (series, period_start, block_hash)
    where not is_other
    group by series, period_start, base_permaslug, author
),
models_by_week as (
    -- Every week from the one in which the model was first listed, present or not. A row rests on its block, and on the
    -- fetch by which the file came to know the model, where that was later.
    select
        series, newest.period_start, base_permaslug, author, greatest(reading, first_listing) as reading
    from newest
    join (select distinct series, base_permaslug from listing_weeks) as models using (series)
    asof join listing_weeks using (series, base_permaslug, period_start)
),
instants as (
    select distinct series, reading, retrieved_at, citation
    from readings
),
listed_models as (
    select
        series, period_start, base_permaslug,
        sum(total_tokens)::bigint as model_tokens,
        rank() over (partition by series, period_start order by sum(total_tokens) desc) as model_rank
    from listed
    where not is_other
    group by series, period_start, base_permaslug
),
unlisted_models as (
    select series, period_start, base_permaslug, count(*) as unlisted_variants
    from models_by_week
    join instants using (series, reading)
    join core.known_variants using (base_permaslug)
    anti join listed using (series, period_start, model_permaslug)
    where known_from <= retrieved_at
        and (known_to is null or known_to > retrieved_at)
        and (gone_from is null or gone_from > timezone('UTC', period_start::timestamp))
    group by all
)
select
    series, period_start as week_start, base_permaslug, author, model_tokens,
    coalesce(unlisted_variants, 0) as unlisted_variants,
    block_tokens,
    model_tokens / block_tokens as block_token_share,
    coalesce(model_tokens, 0) / block_tokens as block_token_share_lower,
    (
        coalesce(model_tokens, 0) + least(coalesce(unlisted_variants, 0) * unlisted_upper, other_tokens)
    ) / block_tokens as block_token_share_upper,
    model_rank,
    days_in_week, is_provisional, vintages,
    instants.retrieved_at,
    capture,
    instants.citation
from models_by_week
join instants using (series, reading)
join newest using (series, period_start)
join blocks using (series, period_start)
join core.weeks on weeks.week_start = period_start
left join listed_models using (series, period_start, base_permaslug)
left join unlisted_models using (series, period_start, base_permaslug)
