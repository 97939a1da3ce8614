-- Between which figures a variant's tokens of a day lie. The day's block leaves the most room to what it does not list;
-- slices, week, month and catalogue narrow it. Fetches may show different states of the source: a slice counts where it
-- was fetched within an hour of a time at which the day had its present content; week and month where they are final and their totals
-- agree with those of the days to the token, which a figure restated in between, or a day not read, would break.
with listed as (
    select
        series, split_part(series, '/', 1) as series_kind, period_start, model_permaslug, base_permaslug, is_other,
        total_tokens, is_provisional, vintages, retrieved_at, capture, citation
    from core.block_rows
    where split_part(series, '/', 1) in ('usage_day', 'usage_week', 'usage_month', 'modality_day', 'context_day')
),
blocks as (
    select
        series, series_kind, period_start, is_provisional, vintages, retrieved_at, capture, citation,
        sum(total_tokens)::bigint as block_tokens,
        coalesce(sum(total_tokens) filter (is_other), 0)::bigint as other_tokens,
        -- What a block does not list is at most its smallest listed row, and within its tail.
        least(min(total_tokens) filter (not is_other), other_tokens) as unlisted_upper
    from listed
    group by all
),
days as (
    select
        period_start as usage_date, block_tokens, other_tokens, unlisted_upper, is_provisional, known_from, retrieved_at,
        blocks.capture, citation
    from blocks
    join core.block_vintages using (series, period_start)
    where series = 'usage_day' and vintage_number = vintages
),
slices as (
    select
        series, series_kind, usage_date, blocks.block_tokens, blocks.unlisted_upper, blocks.is_provisional,
        blocks.retrieved_at, blocks.citation
    from blocks
    join core.block_vintages as vintages using (series, period_start)
    join days on usage_date = period_start
    where series_kind in ('modality_day', 'context_day')
        and vintage_number = blocks.vintages
        and vintages.known_from <= days.retrieved_at + interval 1 hour
        and days.known_from <= blocks.retrieved_at + interval 1 hour
),
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
    -- Weeks and months that are the sum of the days read; a day that was not fetched then held nothing.
    select series, period_start, unlisted_upper, retrieved_at, citation
    from blocks
    join days_of_periods using (series, period_start)
    where not is_provisional
    group by series, period_start, block_tokens, unlisted_upper, retrieved_at, citation
    having sum(day_tokens) = block_tokens
),

-- Which variants there may be: all that the file knows by the newest fetch that the day's bounds rest on.
readings_of_days as (
    select usage_date, is_provisional, retrieved_at, citation
    from days
    union all
    select usage_date, is_provisional, retrieved_at, citation
    from slices
    union all
    select usage_date, false as is_provisional, retrieved_at, citation
    from day_sums
    join days_of_periods using (series, period_start)
),
rests as (
    select
        usage_date,
        bool_or(is_provisional) as is_provisional,
        max(struct_pack(at := retrieved_at, line := citation)) as newest
    from readings_of_days
    group by all
),
models as (
    -- A model has rows from the first day on that lists it, or of which a slice does.
    select base_permaslug, min(period_start) as first_day
    from listed
    where series_kind in ('usage_day', 'modality_day', 'context_day') and not is_other
    group by all
),
variants as (
    select
        base_permaslug, model_permaslug, variant, first_day,
        min(min(known_from)) over (partition by base_permaslug) as model_known_from
    from core.known_variants
    join models using (base_permaslug)
    group by base_permaslug, model_permaslug, variant, first_day
),
instants as (
    select retrieved_at as model_known_from, max(citation) as citation
    from core.readings
    group by all
),
variants_by_day as (
    -- Of the weeks and months that hold a day with a row, every day: what a week leaves to one is what the others do not hold.
    select
        usage_date, base_permaslug, model_permaslug, variant, first_day,
        greatest(newest, struct_pack(at := model_known_from, line := instants.citation)) as known_by
    from rests
    join variants on usage_date >= date_trunc('month', date_trunc('week', first_day))
    join instants using (model_known_from)
),
known as (
    select
        usage_date, variants_by_day.model_permaslug, variants_by_day.base_permaslug, variants_by_day.variant, known_by,
        usage_date >= first_day and known_from is not null as has_row,
        coalesce(gone_from <= timezone('UTC', usage_date::timestamp), false) as is_gone
    from variants_by_day
    -- Spans follow each other: the last one to begin by then is the one that holds.
    asof left join core.known_variants as spans
        on spans.model_permaslug = variants_by_day.model_permaslug and spans.known_from <= variants_by_day.known_by.at
),

-- The day: its block and its slices.
bucket_sums as (
    -- Days that are the sum of their context buckets; a bucket without a block then held nothing.
    select usage_date, sum(slices.unlisted_upper)::bigint as unlisted_upper
    from days
    join slices using (usage_date)
    where series_kind = 'context_day'
    group by usage_date, days.block_tokens
    having sum(slices.block_tokens) = days.block_tokens
),
parts as (
    select
        usage_date, model_permaslug,
        max(total_tokens) filter (slices.series_kind = 'modality_day') as modality_tokens,
        max(total_tokens) filter (slices.series_kind = 'context_day') as largest_bucket_tokens,
        sum(total_tokens) filter (slices.series_kind = 'context_day')::bigint as bucket_tokens,
        sum(total_tokens - unlisted_upper) filter (slices.series_kind = 'context_day')::bigint as beyond_unlisted_upper
    from listed
    join slices on slices.series = listed.series and usage_date = period_start
    where not is_other
    group by all
),
stated as (
    -- A slice is a part of the day: it states at least its tokens. Buckets that make up the day also state at most.
    select
        days.usage_date, known.model_permaslug, known.base_permaslug, known.variant, has_row, is_gone, known_by,
        listed.total_tokens, days.unlisted_upper, days.other_tokens, modality_tokens,
        if(bucket_sums.usage_date is null, largest_bucket_tokens, bucket_tokens) as context_lower,
        bucket_sums.unlisted_upper + coalesce(beyond_unlisted_upper, 0) as context_upper
    from known
    join days using (usage_date)
    left join listed
        on listed.series = 'usage_day'
        and listed.period_start = usage_date
        and listed.model_permaslug = known.model_permaslug
    left join parts on parts.usage_date = days.usage_date and parts.model_permaslug = known.model_permaslug
    left join bucket_sums on bucket_sums.usage_date = days.usage_date
),
rooms as (
    -- What fetches of one state leave: the day's block, and its buckets unless they contradict it.
    select
        *,
        context_upper is not null and coalesce(context_lower, 0) <= unlisted_upper as has_buckets,
        coalesce(total_tokens, if(has_buckets, context_lower, 0), 0) as day_lower,
        case
            when total_tokens is not null then total_tokens
            when is_gone then 0
            when has_buckets then least(unlisted_upper, context_upper)
            else unlisted_upper
        end as day_upper
    from stated
),

-- The week and the month: what they hold is the sum of their days.
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
        -- The day's block and whatever says more: no fetch is cut off.
        when is_contradicted then greatest(judged.unlisted_upper, greatest_lower)
        else least_upper
    end as total_tokens_upper,
    case when total_tokens is not null or is_contradicted then [] else list_filter([
        case when is_gone and judged.unlisted_upper > 0 then 'models' end,
        case when greatest_lower = context_lower and context_lower > 0
            or least_upper = context_upper and context_upper < judged.unlisted_upper then 'context_day' end,
        case when greatest_lower = modality_tokens and modality_tokens > 0 then 'modality_day' end,
        case when greatest_lower = month_lower and month_lower > day_lower
            or least_upper = month_upper and month_upper < day_upper then 'usage_month' end,
        case when greatest_lower = week_lower and week_lower > day_lower
            or least_upper = week_upper and week_upper < day_upper then 'usage_week' end
    ], lambda series_kind: series_kind is not null) end as narrowed_by,
    is_contradicted,
    rests.is_provisional, days.retrieved_at, days.capture, days.citation,
    known_by.at as bounds_retrieved_at,
    known_by.line as bounds_citation
from judged
join days using (usage_date)
join rests using (usage_date)
where has_row
