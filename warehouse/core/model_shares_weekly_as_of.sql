-- core.model_shares_weekly as it was known at ts.
with listed as (
    select
        series, period_start as week_start, base_permaslug, variant, author, is_other, total_tokens, is_provisional, vintages,
        retrieved_at, capture, citation
    from block_rows_as_of(ts)
    where series = 'usage_week' or starts_with(series, 'category_week/') or starts_with(series, 'language_week/')
),
blocks as (
    select
        series, week_start, is_provisional, vintages, retrieved_at, capture, citation,
        sum(total_tokens)::bigint as block_tokens,
        coalesce(sum(total_tokens) filter (is_other), 0)::bigint as other_tokens,
        -- An unlisted variant is at most the smallest listed row; below, all together are within the tail.
        coalesce(min(total_tokens) filter (not is_other), other_tokens) as unlisted_upper
    from listed
    group by all
),
listing_weeks as (
    -- Weeks that any reading listed the model in, and the first of these readings.
    select
        series, period_start as week_start, base_permaslug, author,
        min(struct_pack(at := known_from, line := first.citation)) as first_listing
    from newest_blocks_as_of(ts) as newest
    join core.block_row_vintages using (series, period_start)
    join core.readings as first using (series, period_start)
    where is_listed and not is_other and known_from <= newest.retrieved_at and first.retrieved_at = known_from
        and (series = 'usage_week' or starts_with(series, 'category_week/') or starts_with(series, 'language_week/'))
    group by all
),
models as (
    select series, base_permaslug, author, min(week_start) as first_week
    from listing_weeks
    group by all
),
models_by_week as (
    -- Every week from the one in which the model was first listed, present or not. A row rests on its block, and on the
    -- reading by which the file came to know the model, where that was later.
    select
        series, week_start, base_permaslug, models.author,
        greatest(struct_pack(at := retrieved_at, line := citation), min(first_listing) over (
            partition by series, base_permaslug order by week_start
        )) as reading
    from models
    join blocks using (series)
    left join listing_weeks using (series, week_start, base_permaslug)
    where week_start >= first_week
),
listed_models as (
    select series, week_start, base_permaslug, sum(total_tokens)::bigint as model_tokens
    from listed
    where not is_other
    group by all
),
unlisted_models as (
    select series, week_start, base_permaslug, count(*) as unlisted_variants
    from models_by_week
    join core.known_variants using (base_permaslug)
    anti join listed using (series, week_start, base_permaslug, variant)
    where known_from <= reading.at
        and (known_to is null or known_to > reading.at)
        and (gone_from is null or gone_from > timezone('UTC', week_start::timestamp))
    group by all
)
select
    series, week_start, base_permaslug, author, model_tokens,
    coalesce(unlisted_variants, 0) as unlisted_variants,
    block_tokens,
    model_tokens / block_tokens as block_token_share,
    coalesce(model_tokens, 0) / block_tokens as block_token_share_lower,
    (
        coalesce(model_tokens, 0) + least(coalesce(unlisted_variants, 0) * unlisted_upper, other_tokens)
    ) / block_tokens as block_token_share_upper,
    case when model_tokens is not null then rank() over (
        partition by series, week_start, model_tokens is null order by model_tokens desc
    ) end as model_rank,
    days_in_week, is_provisional, vintages, reading.at as retrieved_at, capture,
    reading.line as citation
from models_by_week
join core.weeks using (week_start)
join blocks using (series, week_start)
left join listed_models using (series, week_start, base_permaslug)
left join unlisted_models using (series, week_start, base_permaslug)
