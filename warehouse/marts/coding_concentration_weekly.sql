-- Each unlisted row is at most the smallest listed one, and all of them together are `other`. The sum of squares is greatest
-- where what is hidden belongs to the largest models that may have it: it is given to them first, at their greatest rate.
-- Fractions are summed in one order: so a rebuild gives the same digits.
with block_rows as materialized (
    select
        week_start, base_permaslug, variant, is_other, category_token_share, days_in_week, is_provisional, retrieved_at,
        capture, citation
    from core.category_usage_weekly
    where category = 'programming'
),
blocks as (
    select
        week_start, days_in_week, is_provisional, retrieved_at, capture, citation,
        min(category_token_share) filter (not is_other) as smallest_listed_token_share,
        coalesce(sum(category_token_share) filter (is_other), 0) as other_token_share
    from block_rows
    group by all
),
models as (
    select week_start, base_permaslug, sum(category_token_share order by category_token_share) as coding_token_share
    from block_rows
    where not is_other
    group by all
),
listed as (
    select week_start, count(*) as listed_models, sum(coding_token_share * coding_token_share order by coding_token_share) as hhi_lower
    from models
    group by week_start
),
unlisted as (
    select week_start, base_permaslug, count(*) * any_value(smallest_listed_token_share) as room
    from blocks
    join core.known_variants
        on known_from <= retrieved_at
        and (known_to is null or known_to > retrieved_at)
        and (gone_from is null or gone_from > timezone('UTC', week_start::timestamp))
    anti join block_rows using (week_start, base_permaslug, variant)
    group by all
),
hidden as (
    -- (share + room)² − share² is at most room × rate, and so is any part of it.
    select week_start, base_permaslug, room, 2 * coalesce(coding_token_share, 0) + room as rate
    from unlisted
    left join models using (week_start, base_permaslug)
    union all
    -- Models that nothing fetched by then lists: as many as there is room for, a row each.
    select week_start, 'other', other_token_share, smallest_listed_token_share
    from blocks
),
given as (
    select
        week_start, rate,
        least(room, greatest(0, other_token_share - coalesce(sum(room) over earlier, 0))) as room
    from hidden
    join blocks using (week_start)
    window earlier as (
        partition by week_start
        order by rate desc, base_permaslug
        rows between unbounded preceding and 1 preceding
    )
),
gains as (
    select week_start, sum(rate * room order by rate, room) as greatest_gain
    from given
    group by week_start
)
select
    week_start, listed_models, smallest_listed_token_share, other_token_share, hhi_lower,
    least(1, hhi_lower + greatest_gain) as hhi_upper,
    least(1, hhi_lower + other_token_share * smallest_listed_token_share) as hhi_upper_estimate,
    1 / hhi_upper as effective_models_lower,
    1 / hhi_lower as effective_models_upper,
    1 / hhi_upper_estimate as effective_models_lower_estimate,
    days_in_week, is_provisional, retrieved_at, capture, citation
from blocks
join listed using (week_start)
join gains using (week_start)
where hhi_lower > 0
