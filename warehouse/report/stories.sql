-- What the head of the page says of each model that a final week of coding lists: its best week, who lost most while it rose,
-- how much of it was free, what its usage did when the free variant left, and the best week of its lineage.
with final as (
    select base_permaslug, week_start, coding_rank, coding_token_share
    from marts.coding_leaderboard_weekly
    where not is_provisional
),
peaks as (
    select
        base_permaslug,
        min(week_start) as first_week,
        max(coding_token_share) as peak_share,
        arg_max(week_start, coding_token_share) as peak_week,
        arg_max(coding_rank, coding_token_share) as peak_rank,
        max(week_start) as last_week
    from final
    group by base_permaslug
),
-- The last week before a model was listed, where it was read: else nothing says from which level the others fell.
before as (
    select peaks.base_permaslug, max(final.week_start) as before_week
    from peaks
    join final on final.week_start = peaks.first_week - 7
    group by peaks.base_permaslug
),
losses as (
    select
        peaks.base_permaslug,
        others.base_permaslug as loser,
        100 * (others.coding_token_share - earlier.coding_token_share) as loser_change_pp
    from peaks
    join before using (base_permaslug)
    join final as others on others.week_start = peaks.peak_week and others.base_permaslug <> peaks.base_permaslug
    join final as earlier
        on earlier.week_start = before.before_week and earlier.base_permaslug = others.base_permaslug
    qualify row_number() over (partition by peaks.base_permaslug order by loser_change_pp, loser) = 1
),
days as (
    select
        base_permaslug, usage_date,
        sum(total_tokens)::double as tokens,
        coalesce(sum(total_tokens) filter (split_part(variant, ':', 1) = 'free'), 0)::double as free_tokens
    from core.model_usage_daily
    semi join peaks using (base_permaslug)
    group by base_permaslug, usage_date
),
read_days as (
    select distinct usage_date
    from core.model_usage_daily
),
spans as (
    select
        base_permaslug,
        min(usage_date) as first_day,
        arg_max(usage_date, (tokens, -epoch(usage_date))) as peak_day
    from days
    group by base_permaslug
),
-- A sum over days is said only where every one of them was read.
to_peak_day as (
    select
        days.base_permaslug,
        any_value(peak_day) as peak_day,
        max(tokens) as peak_day_tokens,
        sum(free_tokens) / nullif(sum(tokens), 0) as free_share_to_peak_day
    from days
    join spans using (base_permaslug)
    where usage_date <= peak_day
    group by days.base_permaslug
    having count(*) = any_value(peak_day) - any_value(first_day) + 1
        and any_value(first_day) > (select min(usage_date) from read_days)
),
to_peak_week as (
    select days.base_permaslug, sum(free_tokens) / nullif(sum(tokens), 0) as free_share_to_peak_week
    from days
    join peaks using (base_permaslug)
    join spans using (base_permaslug)
    where usage_date between first_day and peak_week + 6
    group by days.base_permaslug
    having count(*) = any_value(peak_week) + 7 - any_value(first_day)
),
window_ends as (
    select
        base_permaslug,
        last_free_day + 1 as free_end_day,
        later.tokens / earlier.tokens - 1 as free_end_change
    from marts.free_windows
    join days as earlier using (base_permaslug)
    join days as later using (base_permaslug)
    where window_status = 'ended' and earlier.usage_date = last_free_day and later.usage_date = last_free_day + 1
    qualify row_number() over (partition by base_permaslug order by free_days desc, last_free_day) = 1
),
heirs as (
    select
        members.base_permaslug, lineages.base_permaslug as heir, peaks.peak_share as heir_share, peaks.peak_week as heir_week,
        peaks.peak_rank as heir_rank
    from reference.model_lineages as members
    join reference.model_lineages as lineages using (lineage)
    join peaks on peaks.base_permaslug = lineages.base_permaslug
    join peaks as own on own.base_permaslug = members.base_permaslug
    where lineages.position > members.position and peaks.peak_share > own.peak_share
    qualify row_number() over (partition by members.base_permaslug order by peaks.peak_share desc) = 1
)
select
    base_permaslug, first_week, peak_share, peak_week, peak_rank, last_week, before_week, loser, loser_change_pp, peak_day,
    peak_day_tokens, free_share_to_peak_day, free_share_to_peak_week, free_end_day, free_end_change, heir, heir_share, heir_week,
    heir_rank
from peaks
left join before using (base_permaslug)
left join losses using (base_permaslug)
left join to_peak_day using (base_permaslug)
left join to_peak_week using (base_permaslug)
left join window_ends using (base_permaslug)
left join heirs using (base_permaslug)
order by base_permaslug
