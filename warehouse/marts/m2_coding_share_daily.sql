-- Three ways to a day, each row says which; none is a measurement of the day.
with m2_weeks as (
    select
        week_start, coding_tokens_estimate, category_tokens_estimate,
        coding_token_share_lower * category_tokens_estimate as coding_tokens_lower,
        coding_token_share_upper * category_tokens_estimate as coding_tokens_upper,
        is_coding_provisional as is_provisional,
        retrieved_at, capture, citation
    from marts.m2_coding_share_weekly
),
closes as (
    select period_start as week_start, closes_at
    from core.blocks
    where series = 'category_week/programming'
),

-- allocated: the tokens of a closed week, spread over its days as M2's and the platform's exact tokens were.
platform_days as (
    select
        date_trunc('week', usage_date)::date as week_start, usage_date, is_provisional, retrieved_at, citation,
        sum(total_tokens)::bigint as platform_tokens,
        coalesce(sum(total_tokens) filter (is_other), 0)::bigint as other_tokens,
        min(total_tokens) filter (not is_other) as unlisted_upper
    from core.model_usage_daily
    group by all
),
whole_weeks as (
    select week_start, sum(platform_tokens) as platform_tokens
    from platform_days
    join core.weeks using (week_start)
    group by week_start, days_in_week
    having count(*) filter (usage_date not in (select usage_date from reference.known_holes)) >= days_in_week
),
m2_spans as (
    select
        known_from, known_to, gone_from,
        min(known_from) over () as m2_known_from
    from core.known_variants
    where base_permaslug = m2()
),
variants_before as (
    -- Of the days that M2 was not yet seen on: what they do not list of it is not nothing.
    select usage_date, count(*) as known_variants
    from platform_days
    join m2_spans
        on known_from <= greatest(retrieved_at, m2_known_from)
        and (known_to is null or known_to > greatest(retrieved_at, m2_known_from))
        and (gone_from is null or gone_from > timezone('UTC', usage_date::timestamp))
    where usage_date not in (select usage_date from marts.m2_usage_daily)
    group by all
),
m2_days as (
    select
        platform_days.week_start, usage_date, platform_days.platform_tokens, total_tokens,
        coalesce(total_tokens_lower, 0) as lower_tokens,
        coalesce(
            total_tokens_upper, least(coalesce(known_variants, 0) * unlisted_upper, other_tokens)
        ) as upper_tokens,
        m2.usage_date is not null as is_seen,
        m2.is_provisional or platform_days.is_provisional as is_provisional,
        case when bounds_retrieved_at > platform_days.retrieved_at
            then struct_pack(at := bounds_retrieved_at, line := bounds_citation)
            else struct_pack(at := platform_days.retrieved_at, line := platform_days.citation)
        end as newest
    from platform_days
    left join marts.m2_usage_daily as m2 using (usage_date)
    left join variants_before using (usage_date)
),
m2_weeks_of_days as (
    select
        week_start,
        -- One day without a figure, and it is not known how the week spreads. Else it spreads as the least tokens known.
        case when count(*) = count(total_tokens) then sum(lower_tokens) end as m2_tokens,
        sum(lower_tokens) as lower_tokens,
        sum(upper_tokens) as upper_tokens,
        bool_or(is_provisional) as is_provisional,
        max(newest) as newest
    from m2_days
    group by all
),
spread as (
    select
        usage_date, m2_weeks.week_start,
        m2_weeks.coding_tokens_estimate * (m2_days.lower_tokens / of_week.m2_tokens) as day_coding_tokens_estimate,
        m2_weeks.category_tokens_estimate
        * (m2_days.platform_tokens / whole_weeks.platform_tokens) as day_category_tokens_estimate,
        -- Least when the day held the least of M2 and all other days the most; greatest the other way round.
        coding_tokens_lower * coalesce(
            m2_days.lower_tokens / nullif(m2_days.lower_tokens + of_week.upper_tokens - m2_days.upper_tokens, 0), 0
        ) as lower_numerator,
        coding_tokens_upper * coalesce(
            m2_days.upper_tokens / nullif(m2_days.upper_tokens + of_week.lower_tokens - m2_days.lower_tokens, 0), 0
        ) as upper_numerator,
        m2_weeks.is_provisional or of_week.is_provisional as is_provisional,
        retrieved_at, capture, citation,
        of_week.newest.at as platform_retrieved_at,
        of_week.newest.line as platform_citation
    from m2_weeks
    join closes using (week_start)
    join whole_weeks using (week_start)
    join m2_weeks_of_days as of_week using (week_start)
    join m2_days using (week_start)
    where retrieved_at >= closes_at and is_seen
),
allocated as (
    select
        usage_date, 'allocated' as method,
        day_coding_tokens_estimate / day_category_tokens_estimate as coding_token_share_estimate,
        lower_numerator / day_category_tokens_estimate as coding_token_share_estimate_lower,
        least(upper_numerator / day_category_tokens_estimate, 1) as coding_token_share_estimate_upper,
        day_coding_tokens_estimate, day_category_tokens_estimate,
        false as is_difference_negative,
        is_provisional, retrieved_at, capture, citation, platform_retrieved_at, platform_citation
    from spread
),

-- captured: the running week as first read on the next day, less the week as first read on the day itself.
first_of_day as (
    -- The last pair ends after the close.
    select
        period_start as week_start, retrieved_at, capture, citation,
        timezone('UTC', retrieved_at)::date as read_on
    from core.readings
    where series = 'category_week/programming'
        and timezone('UTC', retrieved_at)::date between period_start + 1 and period_start + 7
    qualify row_number() over (
        partition by period_start, timezone('UTC', retrieved_at)::date order by retrieved_at
    ) = 1
),
lines as (
    -- Of the series itself: a category is computed from it, so that all categories would be read.
    select
        period_start as week_start, base_permaslug, variant, is_other, total_tokens as tokens_estimate, known_from, known_to
    from core.block_row_vintages
    where series = 'category_week/programming' and is_listed
),
blocks_read as (
    select
        week_start, read_on, false as is_beginning, retrieved_at, capture, citation,
        sum(tokens_estimate)::bigint as category_tokens,
        coalesce(sum(tokens_estimate) filter (is_other), 0)::bigint as other_tokens,
        min(tokens_estimate) filter (not is_other) as unlisted_upper,
        sum(tokens_estimate) filter (base_permaslug = m2())::bigint as m2_tokens,
        count(*) filter (base_permaslug = m2()) as m2_rows
    from first_of_day
    join lines using (week_start)
    where known_from <= retrieved_at and (known_to is null or known_to > retrieved_at)
    group by all
    union all
    -- A week begins at 0, which nobody has to read: its Monday is Tuesday's fetch less nothing.
    select distinct
        week_start, week_start as read_on, true as is_beginning, timezone('UTC', week_start::timestamp) as retrieved_at,
        null as capture, null as citation,
        0 as category_tokens, 0 as other_tokens, 0 as unlisted_upper, 0 as m2_tokens, 0 as m2_rows
    from first_of_day
),
m2_variants as (
    select variant, min(week_start) as first_week
    from lines
    where base_permaslug = m2()
    group by all
),
known_by_reading as (
    select week_start, read_on, count(*) as known_variants
    from blocks_read
    join m2_spans
        on known_from <= greatest(retrieved_at, m2_known_from)
        and (known_to is null or known_to > greatest(retrieved_at, m2_known_from))
        and (gone_from is null or gone_from > timezone('UTC', week_start::timestamp))
    group by all
),
bounded as (
    select
        week_start, read_on, is_beginning, retrieved_at, capture, citation, category_tokens, m2_tokens,
        coalesce(m2_tokens, 0) as m2_lower,
        coalesce(m2_tokens, 0) + least(
            greatest(coalesce(known_variants, 0) - m2_rows, 0) * unlisted_upper, other_tokens
        ) as m2_upper
    from blocks_read
    left join known_by_reading using (week_start, read_on)
),
variants_read as (
    select
        blocks_read.week_start, read_on, is_beginning, m2_variants.variant, tokens_estimate,
        least(unlisted_upper, other_tokens) as most_unlisted
    from blocks_read
    join m2_variants on first_week <= blocks_read.week_start
    left join lines
        on lines.week_start = blocks_read.week_start
        and lines.base_permaslug = m2()
        and lines.variant = m2_variants.variant
        and known_from <= retrieved_at
        and (known_to is null or known_to > retrieved_at)
        and not is_beginning
),
variant_differences as (
    -- What each variant used at least: one that is not listed in the later fetch used no less than nothing.
    select
        first.week_start, first.read_on,
        greatest(
            coalesce(sum(next.tokens_estimate - coalesce(first.tokens_estimate, first.most_unlisted)), 0), 0
        ) as lower_numerator,
        bool_and(
            first.is_beginning or (next.tokens_estimate is null) = (first.tokens_estimate is null)
        ) as lists_the_same
    from variants_read as first
    join variants_read as next
        on next.week_start = first.week_start and next.variant = first.variant and next.read_on = first.read_on + 1
    group by all
),
differences as (
    select
        first.read_on as usage_date, first.week_start,
        case when lists_the_same
            then (next.m2_tokens - first.m2_tokens)::double end as coding_tokens,
        (next.category_tokens - first.category_tokens)::double as category_tokens,
        lower_numerator,
        next.m2_upper - first.m2_lower as upper_numerator,
        (epoch(next.retrieved_at) - epoch(first.retrieved_at)) / 3600 as hours_between_readings,
        -- What has another length is not a day. A Monday is counted from its midnight, so that it has until noon on Tuesday.
        hours_between_readings >= 18 and hours_between_readings <= if(first.is_beginning, 36, 30) as is_a_day,
        next.retrieved_at, next.capture, next.citation,
        case when not first.is_beginning then first.retrieved_at end as previous_retrieved_at,
        first.citation as previous_citation
    from bounded as first
    join variant_differences using (week_start, read_on)
    join bounded as next
        on next.week_start = first.week_start
        and next.read_on = first.read_on + 1
        and next.capture = coalesce(first.capture, next.capture)
),
judged as (
    select
        *,
        -- M2, all others together, or the whole: none of them can use less than nothing.
        coalesce(coding_tokens < 0 or coding_tokens > category_tokens, false)
        or category_tokens < 0
        or lower_numerator > upper_numerator
        or lower_numerator > category_tokens as is_difference_negative,
        -- Of nothing used, as where the source did not change, there is no share.
        case when is_a_day and not is_difference_negative then nullif(category_tokens, 0) end as denominator
    from differences
),
captured as (
    select
        usage_date, 'captured' as method,
        coding_tokens / denominator as coding_token_share_estimate,
        lower_numerator / denominator as coding_token_share_estimate_lower,
        least(upper_numerator, denominator) / denominator as coding_token_share_estimate_upper,
        case when is_a_day then coding_tokens end as day_coding_tokens_estimate,
        case when is_a_day then category_tokens end as day_category_tokens_estimate,
        is_difference_negative, hours_between_readings,
        -- No fetch of a running week is ever final, and neither is read again.
        true as is_provisional,
        retrieved_at, capture, citation, previous_retrieved_at, previous_citation
    from judged
    -- Rows begin with the first fetch that lists M2.
    where exists (
        select 1
        from lines
        where base_permaslug = m2()
            and lines.week_start <= judged.week_start
            and lines.known_from <= judged.retrieved_at
    )
),

-- task_window: tasks of coding over the seven days that end with this one. Another measure, and no day of its own.
task_window as (
    select
        window_end as usage_date, 'task_window' as method,
        model_macro_token_share as coding_token_share_estimate,
        model_macro_token_share_lower as coding_token_share_estimate_lower,
        model_macro_token_share_upper as coding_token_share_estimate_upper,
        false as is_difference_negative,
        is_provisional, retrieved_at, capture, citation
    from core.task_macro_model_shares
    where base_permaslug = m2() and macro_category = 'code'
),
days as (
    from captured
    union all by name
    from allocated
    union all by name
    from task_window
)
select
    usage_date, method, coding_token_share_estimate, coding_token_share_estimate_lower, coding_token_share_estimate_upper,
    day_coding_tokens_estimate, day_category_tokens_estimate, is_difference_negative, hours_between_readings,
    is_provisional, retrieved_at, capture, citation, previous_retrieved_at, previous_citation, platform_retrieved_at,
    platform_citation
from days
