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
        min(total_tokens) filter (not is_other) as unlisted_upper
    from listed
    group by all
),
variants as (
    select series, base_permaslug, variant, author, min(week_start) as first_week
    from listed
    where not is_other
    group by all
),
models_by_week as (
    -- Every week from the one in which the model was first listed, present or not.
    select
        series, week_start, base_permaslug, author,
        sum(total_tokens)::bigint as model_tokens,
        count_if(total_tokens is null) as unlisted_variants
    from variants
    join blocks using (series)
    left join listed using (series, week_start, base_permaslug, variant, author)
    where week_start >= first_week
    group by all
)
select
    series, week_start, base_permaslug, author, model_tokens, block_tokens,
    model_tokens / block_tokens as block_token_share,
    coalesce(model_tokens, 0) / block_tokens as block_token_share_lower,
    (
        coalesce(model_tokens, 0) + least(unlisted_variants * unlisted_upper, other_tokens)
    ) / block_tokens as block_token_share_upper,
    case when model_tokens is not null then rank() over (
        partition by series, week_start, model_tokens is null order by model_tokens desc
    ) end as model_rank,
    is_provisional, vintages, retrieved_at, capture, citation
from models_by_week
join blocks using (series, week_start)
