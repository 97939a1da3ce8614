with shares as (
    select
        week_start, base_permaslug, author, coding_token_share, coding_token_share_lower, coding_token_share_upper,
        coding_rank, is_provisional, retrieved_at, capture, citation,
        max(coding_token_share) over (partition by base_permaslug) as peak_coding_token_share
    from marts.coding_share_weekly
    where base_permaslug in (select base_permaslug from marts.coding_share_weekly where coding_rank <= 10)
),
peaks as (
    select
        base_permaslug, peak_coding_token_share,
        min(week_start) as first_week,
        min(week_start) filter (coding_token_share = peak_coding_token_share) as peak_week
    from shares
    group by all
),
halvings as (
    -- Absence counts where even its bound is at or below half.
    select base_permaslug, min(week_start) as half_week
    from shares
    join peaks using (base_permaslug, peak_coding_token_share)
    where week_start > peak_week and coding_token_share_upper <= peak_coding_token_share / 2
    group by all
),
weeks as (
    select distinct week_start, capture
    from shares
),
first_days as (
    select base_permaslug, min(usage_date) as first_day
    from core.model_usage_daily
    group by all
),
launches as (
    -- The launch was seen where the week before was read, to the same depth, without the model, and no earlier day of the
    -- platform lists it either.
    select
        base_permaslug,
        week_before.week_start is not null and coalesce(first_day >= first_week - 7, true) as is_launch_observed
    from peaks
    join weeks on weeks.week_start = first_week
    left join weeks as week_before
        on week_before.week_start = first_week - 7 and week_before.capture = weeks.capture
    left join first_days using (base_permaslug)
),
percentiles as (
    select base_permaslug, percent_rank() over (order by peak_coding_token_share) as peak_share_percentile
    from peaks
),
settled_days as (
    -- Days of which it is known what they list.
    select usage_date
    from core.model_usage_daily
    union
    select usage_date
    from reference.known_holes
),
free_rows as (
    select base_permaslug, count_if(split_part(variant, ':', 1) = 'free') > 0 as has_free_row
    from core.model_usage_daily
    join first_days using (base_permaslug)
    where usage_date < first_day + 28
    group by all
),
free_windows as (
    -- Four weeks from the first day on, and the day before: without it, or with the model in an earlier week of coding, it
    -- is not known to be the first.
    select
        base_permaslug,
        case
            when has_free_row and min(usage_date) < first_day then true
            when count(*) = 29 then has_free_row
        end as had_free_window
    from first_days
    join peaks using (base_permaslug)
    join free_rows using (base_permaslug)
    join settled_days on usage_date between first_day - 1 and first_day + 27
    where first_day < first_week + 7
    group by base_permaslug, first_day, has_free_row
)
select
    base_permaslug, author,
    (week_start - first_week) // 7 as weeks_since_first_seen,
    week_start, coding_token_share, coding_token_share_lower, coding_token_share_upper, coding_rank,
    is_launch_observed, peak_coding_token_share,
    (peak_week - first_week) // 7 as weeks_to_peak,
    (half_week - peak_week) // 7 as half_life_weeks,
    had_free_window, peak_share_percentile,
    is_provisional, retrieved_at, capture, citation
from shares
join peaks using (base_permaslug, peak_coding_token_share)
join launches using (base_permaslug)
join percentiles using (base_permaslug)
left join halvings using (base_permaslug)
left join free_windows using (base_permaslug)
