-- Between which figures a variant's tokens of a day lie. The day's block leaves the most room to what it does not list;
-- slices, week and month narrow it. Readings may tell of different states of the source: what several of them say together
-- is used only where their totals agree to the token, which a figure restated in between, or a day not read, would break.
with listed as (
    select
        series, split_part(series, '/', 1) as series_kind, period_start, model_permaslug, base_permaslug, variant, is_other,
        total_tokens, is_provisional, retrieved_at, capture, citation
    from core.block_rows
    where split_part(series, '/', 1) in ('usage_day', 'usage_week', 'usage_month', 'modality_day', 'context_day')
),
blocks as (
    select
        series, series_kind, period_start, is_provisional, retrieved_at, capture, citation,
        sum(total_tokens)::bigint as block_tokens,
        coalesce(sum(total_tokens) filter (is_other), 0)::bigint as other_tokens,
        -- What a block does not list is at most its smallest listed row, and within its tail.
        least(min(total_tokens) filter (not is_other), other_tokens) as unlisted_upper
    from listed
    group by all
),
days as (
    select
        period_start as usage_date, block_tokens, other_tokens, unlisted_upper, is_provisional, retrieved_at, capture, citation
    from blocks
    where series = 'usage_day'
),
variants as (
    select model_permaslug, base_permaslug, variant, min(period_start) as first_period
    from listed
    where not is_other
    group by all
),

-- The day: its block and its slices.
bucket_sums as (
    -- Days that are the sum of their context buckets; a bucket without a block then held nothing.
    select usage_date, sum(blocks.unlisted_upper)::bigint as unlisted_upper
    from days
    join blocks on period_start = usage_date and series_kind = 'context_day'
    group by usage_date, days.block_tokens
    having sum(blocks.block_tokens) = days.block_tokens
),
slices as (
    select
        period_start as usage_date, model_permaslug,
        max(total_tokens) filter (series_kind = 'modality_day') as modality_tokens,
        max(total_tokens) filter (series_kind = 'context_day') as largest_bucket_tokens,
        sum(total_tokens) filter (series_kind = 'context_day')::bigint as bucket_tokens,
        sum(total_tokens - unlisted_upper) filter (series_kind = 'context_day')::bigint as beyond_unlisted_upper
    from listed
    join blocks using (series, series_kind, period_start)
    where series_kind in ('modality_day', 'context_day') and not is_other
    group by all
),
stated as (
    -- A slice is a part of the day: it states at least its tokens. Buckets that make up the day also state at most.
    select
        days.usage_date, variants.model_permaslug, variants.base_permaslug, variants.variant,
        listed.total_tokens, days.unlisted_upper, days.other_tokens, modality_tokens,
        if(bucket_sums.usage_date is null, largest_bucket_tokens, bucket_tokens) as context_lower,
        bucket_sums.unlisted_upper + coalesce(beyond_unlisted_upper, 0) as context_upper,
        days.is_provisional, days.retrieved_at, days.capture, days.citation
    from days
    join variants on first_period <= days.usage_date
    left join listed
        on listed.series = 'usage_day'
        and listed.period_start = days.usage_date
        and listed.model_permaslug = variants.model_permaslug
    left join slices on slices.usage_date = days.usage_date and slices.model_permaslug = variants.model_permaslug
    left join bucket_sums on bucket_sums.usage_date = days.usage_date
),
rooms as (
    -- What readings of one state leave: the day's block, and its buckets unless they contradict it.
    select
        *,
        context_upper is not null and coalesce(context_lower, 0) <= unlisted_upper as has_buckets,
        coalesce(total_tokens, if(has_buckets, context_lower, 0), 0) as day_lower,
        coalesce(total_tokens, if(has_buckets, least(unlisted_upper, context_upper), unlisted_upper)) as day_upper
    from stated
),

-- The week and the month: what they hold is the sum of their days.
days_of_periods as (
    select
        usage_date, block_tokens as day_tokens,
        unnest([
            {series: 'usage_week', period_start: date_trunc('week', usage_date)::date},
            {series: 'usage_month', period_start: date_trunc('month', usage_date)::date}
        ], recursive := true)
    from days
),
day_sums as (
    -- Periods that are the sum of the days read; a day that was not read then held nothing.
    select series, period_start, unlisted_upper
    from blocks
    join days_of_periods using (series, period_start)
    group by series, period_start, block_tokens, unlisted_upper
    having sum(day_tokens) = block_tokens
),
left_over as (
    -- What is left of the period when all its days hold their most, or their least; one day then takes what is left.
    select
        series, period_start, model_permaslug,
        (coalesce(listed.total_tokens, 0) - sum(day_upper))::bigint as beyond_upper,
        (coalesce(listed.total_tokens, day_sums.unlisted_upper) - sum(day_lower))::bigint as beyond_lower
    from rooms
    join days_of_periods using (usage_date)
    join day_sums using (series, period_start)
    left join listed using (series, period_start, model_permaslug)
    group by series, period_start, model_permaslug, listed.total_tokens, day_sums.unlisted_upper
),
bounds as (
    select
        rooms.*,
        day_upper + of_week.beyond_upper as week_lower,
        day_lower + of_week.beyond_lower as week_upper,
        day_upper + of_month.beyond_upper as month_lower,
        day_lower + of_month.beyond_lower as month_upper,
        greatest(day_lower, context_lower, modality_tokens, week_lower, month_lower) as greatest_lower,
        least(day_upper, week_upper, month_upper) as least_upper
    from rooms
    left join left_over as of_week
        on of_week.series = 'usage_week'
        and of_week.period_start = date_trunc('week', usage_date)
        and of_week.model_permaslug = rooms.model_permaslug
    left join left_over as of_month
        on of_month.series = 'usage_month'
        and of_month.period_start = date_trunc('month', usage_date)
        and of_month.model_permaslug = rooms.model_permaslug
),
judged as (
    select
        *,
        total_tokens is null and (
            greatest_lower > least_upper
            -- What all the unlisted hold at least is more than the tail: one of them is wrong, and it is not known which.
            or sum(greatest_lower) filter (total_tokens is null) over (partition by usage_date) > other_tokens
        ) as is_contradicted
    from bounds
)
select
    usage_date, model_permaslug, base_permaslug, variant, total_tokens,
    case
        when total_tokens is not null then total_tokens
        when is_contradicted then 0
        else greatest_lower
    end as total_tokens_lower,
    case
        when total_tokens is not null then total_tokens
        -- The day's block and whatever says more: no reading is cut off.
        when is_contradicted then greatest(unlisted_upper, greatest_lower)
        else least_upper
    end as total_tokens_upper,
    case when total_tokens is not null or is_contradicted then [] else list_filter([
        case when greatest_lower = context_lower or least_upper = context_upper and context_upper < unlisted_upper
            then 'context_day' end,
        case when greatest_lower = modality_tokens then 'modality_day' end,
        case when greatest_lower = month_lower and month_lower > day_lower
            or least_upper = month_upper and month_upper < day_upper then 'usage_month' end,
        case when greatest_lower = week_lower and week_lower > day_lower
            or least_upper = week_upper and week_upper < day_upper then 'usage_week' end
    ], lambda series_kind: series_kind is not null) end as narrowed_by,
    is_contradicted, is_provisional, retrieved_at, capture, citation
from judged
