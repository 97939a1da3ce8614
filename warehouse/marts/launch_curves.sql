-- Peaks, and what follows from them, are of final weeks alone: what may still move is in the curve, and makes no peak.
with shares as (
    select
        week_start, base_permaslug, author, coding_token_share, coding_token_share_lower, coding_token_share_upper,
        coding_rank, days_in_week, is_coding_provisional as is_provisional, retrieved_at, capture, citation
    from marts.coding_share_weekly
    where base_permaslug in (select base_permaslug from marts.coding_share_weekly where coding_rank <= 10)
),
final_weeks as (
    select
        week_start, base_permaslug, coding_token_share, coding_token_share_lower, coding_token_share_upper,
        max(coding_token_share) over (partition by base_permaslug) as peak_coding_token_share
    from shares
    where not is_provisional
),
newest_final_week as (
    select max(week_start) as newest_week
    from marts.coding_share_weekly
    where not is_coding_provisional
),
peaks as (
    select
        base_permaslug, peak_coding_token_share,
        min(week_start) filter (coding_token_share = peak_coding_token_share) as peak_week
    from final_weeks
    where peak_coding_token_share is not null
    group by all
),
percentiles as (
    select base_permaslug, percent_rank() over (order by peak_coding_token_share) as peak_share_percentile
    from peaks
),
after_peaks as (
    -- Absence counts where even its bound is at or below half.
    select
        base_permaslug,
        min(week_start) filter (coding_token_share_upper <= peak_coding_token_share / 2) as half_week
    from final_weeks
    join peaks using (base_permaslug, peak_coding_token_share)
    where week_start > peak_week
    group by all
),
halves as (
    -- Half of the peak and the week that is at or below it are from two samples. What is not listed that week has a bound, not
    -- a sample.
    select
        base_permaslug,
        (peaks.peak_coding_token_share / 2 - half.coding_token_share_upper) / sqrt(
            (at_peak.coding_token_share_standard_error_estimate / 2) ^ 2 + at_half.coding_token_share_standard_error_estimate ^ 2
        ) as half_life_z,
        half_life_z >= at_half.resolved_from_z as half_life_is_resolved
    from after_peaks
    join peaks using (base_permaslug)
    join final_weeks as half using (base_permaslug)
    join marts.coding_share_error_weekly as at_half using (base_permaslug)
    join marts.coding_share_error_weekly as at_peak using (base_permaslug)
    where half.week_start = half_week and at_half.week_start = half_week and at_peak.week_start = peak_week
),
above_half as (
    -- The weeks after the peak in which the share was certainly above half, and whether none before them leaves that open.
    select
        base_permaslug,
        (week_start - peak_week) // 7 = row_number() over (
            partition by base_permaslug order by week_start
        ) as is_in_a_row
    from final_weeks
    join peaks using (base_permaslug, peak_coding_token_share)
    where week_start > peak_week and coding_token_share_lower > peak_coding_token_share / 2
),
weeks_above as (
    select base_permaslug, count(*) filter (is_in_a_row) as weeks_above_half
    from above_half
    group by base_permaslug
),
weeks as (
    select week_start, capture, bool_or(is_provisional) as is_provisional
    from shares
    group by all
),
days as (
    select usage_date, base_permaslug, variant
    from core.model_usage_daily
    where not is_provisional
),
first_days as (
    select base_permaslug, min(usage_date) as first_day
    from days
    group by all
),
launches as (
    -- The launch was seen where the week before was fetched, to the same depth, without the model, and no earlier day of the
    -- platform lists it either.
    select
        base_permaslug, first_week,
        week_before.week_start is not null and coalesce(first_day >= first_week - 7, true) as is_launch_observed,
        weeks.is_provisional or coalesce(week_before.is_provisional, false) as is_provisional
    from (select base_permaslug, min(week_start) as first_week from shares group by all)
    join weeks on weeks.week_start = first_week
    left join weeks as week_before
        on week_before.week_start = first_week - 7 and week_before.capture = weeks.capture
    left join first_days using (base_permaslug)
),
settled_days as (
    -- Days of which it is known what they list.
    select usage_date
    from days
    union
    select usage_date
    from reference.known_holes
),
free_rows as (
    select base_permaslug, count_if(split_part(variant, ':', 1) = 'free') > 0 as has_free_row
    from days
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
    join launches using (base_permaslug)
    join free_rows using (base_permaslug)
    join settled_days on usage_date between first_day - 1 and first_day + 27
    where first_day < first_week + 7
    group by base_permaslug, first_day, has_free_row
),
newest_reading as (
    -- Of responses at one instant the greater line, so that a rebuild gives the same.
    select max(struct_pack(at := retrieved_at, line := citation)) as newest
    from core.newest_blocks
    where series in ('category_week/programming', 'usage_day')
)
select
    base_permaslug, author,
    (week_start - first_week) // 7 as weeks_since_first_seen,
    week_start, coding_token_share, coding_token_share_lower, coding_token_share_upper, coding_rank,
    is_launch_observed, peak_coding_token_share,
    (peak_week - first_week) // 7 as weeks_to_peak,
    case
        when (half_week - peak_week) // 7 = 1 + coalesce(weeks_above_half, 0) then (half_week - peak_week) // 7
    end as half_life_weeks,
    case when peak_week is not null then 1 + coalesce(weeks_above_half, 0) end as half_life_weeks_lower,
    (half_week - peak_week) // 7 as half_life_weeks_upper,
    case
        when peak_week is null then 'no peak yet'
        when half_week is not null then 'reached'
        -- Certainly above half in each week since, none of them unread.
        when coalesce(weeks_above_half, 0) = (newest_week - peak_week) // 7 then 'not yet reached'
        else 'cannot be known'
    end as half_life_status,
    half_life_z, half_life_is_resolved, had_free_window, peak_share_percentile, days_in_week,
    shares.is_provisional or launches.is_provisional as is_provisional,
    retrieved_at, capture, citation,
    newest.at as curve_retrieved_at,
    newest.line as curve_citation
from shares
join launches using (base_permaslug)
cross join newest_final_week
cross join newest_reading
left join peaks using (base_permaslug)
left join percentiles using (base_permaslug)
left join after_peaks using (base_permaslug)
left join halves using (base_permaslug)
left join weeks_above using (base_permaslug)
left join free_windows using (base_permaslug)
