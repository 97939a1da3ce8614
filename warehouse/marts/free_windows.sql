-- When a model was mostly free, and what it kept of its share of the platform when that ended. Free days at most
-- 28 days apart are one window, so that none of the 28 days after it is free.
with usage as (
    select
        usage_date, base_permaslug, is_other,
        sum(total_tokens)::bigint as tokens,
        coalesce(sum(total_tokens) filter (split_part(variant, ':', 1) = 'free'), 0)::bigint as free_tokens
    from core.model_usage_daily
    group by all
),
platform as (
    select
        usage_date,
        sum(tokens)::bigint as platform_tokens,
        coalesce(sum(tokens) filter (is_other), 0)::bigint as other_tokens
    from usage
    group by all
),
days as (
    select
        usage_date, platform_tokens, other_tokens, is_provisional, capture,
        struct_pack(at := retrieved_at, line := citation) as reading
    from platform
    join core.newest_blocks on series = 'usage_day' and period_start = usage_date
),
calendar as (
    -- A day that does not exist in the source is not missing.
    select usage_date
    from days
    union
    select usage_date
    from reference.known_holes
),
free_days as (
    select
        threshold, base_permaslug, usage_date,
        coalesce(usage_date - lag(usage_date) over (partition by threshold, base_permaslug order by usage_date) > 28, true)
            as starts_window
    from usage
    cross join (values (0.2), (0.3), (0.5)) as thresholds(threshold)
    where free_tokens > 0 and free_tokens >= threshold * tokens and not is_other
),
windows as (
    select
        threshold, base_permaslug, window_number,
        min(usage_date) as first_free_day,
        max(usage_date) as last_free_day,
        count(*) as free_days
    from (
        select
            threshold, base_permaslug, usage_date,
            count_if(starts_window) over (partition by threshold, base_permaslug order by usage_date)::bigint as window_number
        from free_days
    )
    group by all
),
first_days as (
    select base_permaslug, min(usage_date) as first_day
    from usage
    where base_permaslug in (select base_permaslug from windows)
    group by all
),
unlisted as (
    -- What the variants may have had that a day does not list.
    select
        usage_date, base_permaslug,
        sum(total_tokens_upper)::bigint as unlisted_upper,
        max(total_tokens_upper) as largest_unlisted_upper,
        max(struct_pack(at := bounds_retrieved_at, line := bounds_citation)) as reading
    from core.model_token_bounds_daily
    where total_tokens is null and base_permaslug in (select base_permaslug from windows)
    group by all
),
days_around as (
    -- Before the end from the model's first day on, after it in any case.
    select
        threshold, windows.base_permaslug, window_number, day_number, calendar.usage_date is not null as is_read,
        platform_tokens, tokens, free_tokens, is_provisional, capture, days.reading,
        greatest(days.reading, unlisted.reading) as bounds_reading,
        coalesce(tokens, 0) + case when unlisted_upper is null then 0
            else greatest(least(unlisted_upper, other_tokens), largest_unlisted_upper)
        end as tokens_upper
    from windows
    join first_days using (base_permaslug)
    cross join (select unnest(range(-27, 29)) as day_number)
    left join calendar on calendar.usage_date = last_free_day + day_number::integer
    left join days using (usage_date)
    left join usage on usage.usage_date = days.usage_date and usage.base_permaslug = windows.base_permaslug
    left join unlisted on unlisted.usage_date = days.usage_date and unlisted.base_permaslug = windows.base_permaslug
    where last_free_day + day_number::integer >= first_day
),
spans as (
    select
        threshold, base_permaslug, window_number, span_days, day_number > 0 as is_after,
        count_if(not is_read) as unread_days,
        count(tokens) as listed_days,
        count(platform_tokens) as existing_days,
        case when unread_days = 0 then sum(platform_tokens) end as known_platform_tokens,
        case when listed_days = existing_days then sum(tokens) / known_platform_tokens end as share,
        coalesce(sum(tokens), 0) / known_platform_tokens as share_lower,
        case when unread_days = 0 then least(sum(tokens_upper) / known_platform_tokens, 1) end as share_upper,
        case when share is not null then sum(free_tokens) / existing_days end as daily_free_tokens,
        case when share is not null then sum(tokens - free_tokens) / existing_days end as daily_paid_tokens,
        bool_or(is_provisional) as is_provisional,
        max(capture) as capture,
        max(reading) as reading,
        max(bounds_reading) as bounds_reading
    from days_around
    cross join (values (7), (28)) as lengths(span_days)
    where day_number between 1 - span_days and span_days
    group by threshold, base_permaslug, window_number, span_days, is_after
),
ends as (
    select
        threshold, base_permaslug, window_number, span_days,
        before.share as before_share, before.share_lower as before_lower, before.share_upper as before_upper,
        after.share as after_share, after.share_lower as after_lower, after.share_upper as after_upper,
        after.share / before.share as kept,
        after.share_lower / before.share_upper as kept_lower,
        after.share_upper / nullif(before.share_lower, 0) as kept_upper,
        (after.daily_paid_tokens - before.daily_paid_tokens) / nullif(before.daily_free_tokens, 0) as paid_rise,
        after.unread_days, after.listed_days,
        coalesce(before.is_provisional, false) or coalesce(after.is_provisional, false) as is_provisional,
        greatest(before.capture, after.capture) as capture,
        greatest(before.reading, after.reading) as reading,
        greatest(before.bounds_reading, after.bounds_reading) as bounds_reading
    from (from spans where not is_after) as before
    join (from spans where is_after) as after using (threshold, base_permaslug, window_number, span_days)
),
within as (
    select
        windows.base_permaslug, window_number,
        sum(free_tokens)::bigint as free_tokens,
        sum(tokens)::bigint as tokens,
        bool_or(is_provisional) as is_provisional,
        max(reading) as reading
    from windows
    join usage on usage.base_permaslug = windows.base_permaslug and usage_date between first_free_day and last_free_day
    join days using (usage_date)
    where threshold = 0.3
    group by all
),
sensitivity as (
    -- The last window by another threshold that has a day in common.
    select
        windows.base_permaslug, windows.window_number, other_windows.threshold,
        max(other_windows.last_free_day) as last_free_day,
        arg_max_null(kept, other_windows.last_free_day) as kept
    from windows
    join windows as other_windows
        on other_windows.base_permaslug = windows.base_permaslug
        and other_windows.threshold <> windows.threshold
        and other_windows.first_free_day <= windows.last_free_day
        and other_windows.last_free_day >= windows.first_free_day
    join ends
        on ends.threshold = other_windows.threshold
        and ends.base_permaslug = other_windows.base_permaslug
        and ends.window_number = other_windows.window_number
        and span_days = 7
    where windows.threshold = 0.3
    group by all
)
select
    base_permaslug, window_number, first_free_day, windows.last_free_day, free_days,
    case
        when windows.last_free_day + 7 > newest_day then 'open'
        when week.unread_days > 0 then 'cannot be known'
        when week.listed_days = 0 then 'left the list'
        else 'ended'
    end as window_status,
    within.free_tokens as listed_free_tokens,
    within.tokens - within.free_tokens as listed_paid_tokens,
    within.free_tokens / within.tokens as model_free_token_share,
    week.before_share as before_7d_token_share, week.before_lower as before_7d_token_share_lower, week.before_upper as before_7d_token_share_upper,
    week.after_share as after_7d_token_share, week.after_lower as after_7d_token_share_lower, week.after_upper as after_7d_token_share_upper,
    week.kept as kept_7d, week.kept_lower as kept_7d_lower, week.kept_upper as kept_7d_upper,
    month.before_share as before_28d_token_share, month.before_lower as before_28d_token_share_lower,
    month.before_upper as before_28d_token_share_upper,
    month.after_share as after_28d_token_share, month.after_lower as after_28d_token_share_lower,
    month.after_upper as after_28d_token_share_upper,
    month.kept as kept_28d, month.kept_lower as kept_28d_lower, month.kept_upper as kept_28d_upper,
    week.paid_rise as paid_rise_per_free_token,
    at_20.last_free_day as last_free_day_at_20, at_20.kept as kept_7d_at_20,
    at_50.last_free_day as last_free_day_at_50, at_50.kept as kept_7d_at_50,
    within.is_provisional or month.is_provisional as is_provisional,
    greatest(within.reading, month.reading).at as retrieved_at,
    month.capture,
    greatest(within.reading, month.reading).line as citation,
    greatest(within.reading, month.bounds_reading).at as bounds_retrieved_at,
    greatest(within.reading, month.bounds_reading).line as bounds_citation
from windows
cross join (select max(usage_date) as newest_day from days)
join within using (base_permaslug, window_number)
join (from ends where threshold = 0.3 and span_days = 7) as week using (base_permaslug, window_number)
join (from ends where threshold = 0.3 and span_days = 28) as month using (base_permaslug, window_number)
left join (from sensitivity where threshold = 0.2) as at_20 using (base_permaslug, window_number)
left join (from sensitivity where threshold = 0.5) as at_50 using (base_permaslug, window_number)
where windows.threshold = 0.3
