-- What each week's coding share would have been put at, with so many of its days known and an intensity so many weeks old.
-- Every figure is the first one read after its period had closed: a later fetch changes no row, and a week that was fetched
-- long afterwards is estimated from the same days as one that was estimated while it ran.
with first_closed as (
    select series, period_start, min(retrieved_at) as known_at, arg_min(block_hash, retrieved_at) as block_hash
    from core.readings
    join core.blocks using (series, period_start)
    where series in ('usage_day', 'category_week/programming') and retrieved_at >= closes_at
    group by series, period_start
),

-- Coding, and which models are estimated: the top ten of a week, and members of lineages wherever they are listed.
coding_models as (
    select
        period_start as week_start, known_at, base_permaslug, is_other,
        sum(total_tokens)::double as model_tokens,
        sum(sum(total_tokens)) over (partition by period_start)::double as block_tokens
    from first_closed
    join raw.block_rows using (series, period_start, block_hash)
    where series = 'category_week/programming'
    group by period_start, known_at, base_permaslug, is_other
),
coding as (
    select
        week_start, known_at, base_permaslug, model_tokens / block_tokens as coding_token_share,
        rank() over (partition by week_start order by model_tokens desc) as coding_rank
    from coding_models
    where not is_other
),
bases as (
    select week_start, known_at, base_permaslug, coding_token_share
    from coding
    where coding_rank <= 10 or base_permaslug in (select base_permaslug from reference.model_lineages)
),
weeks_read as (
    select period_start as week_start, known_at
    from first_closed
    where series = 'category_week/programming'
),

-- The platform: a week's days from its Monday on, as far as each of them is known. A known hole held nothing, and belongs to
-- the day before it.
day_rows as (
    select period_start as usage_date, base_permaslug, is_other, total_tokens, known_at
    from first_closed
    join raw.block_rows using (series, period_start, block_hash)
    where series = 'usage_day'
),
days as (
    select
        usage_date, true as is_read,
        any_value(known_at) as known_at,
        sum(total_tokens)::double as block_tokens,
        -- What a day does not list of a model is at most this much.
        least(
            min(total_tokens) filter (not is_other), coalesce(max(total_tokens) filter (is_other), 0)
        )::double as unlisted_tokens
    from day_rows
    group by usage_date
    union all by name
    select usage_date, 0 as block_tokens
    from reference.known_holes
    where usage_date not in (select usage_date from day_rows)
),
days_so_far as (
    select
        usage_date, date_trunc('week', usage_date)::date as week_start, unlisted_tokens,
        isodow(usage_date) as days_known,
        block_tokens as day_tokens,
        sum(block_tokens) over so_far as platform_tokens,
        count(is_read) over so_far as days_read,
        max(known_at) over so_far as known_at
    from days
    window so_far as (partition by date_trunc('week', usage_date) order by usage_date)
    qualify count(*) over so_far = isodow(usage_date)
),
known_days as (
    select
        week_start, days_read, known_at, platform_tokens,
        max(days_known) as days_known,
        min(usage_date) as usage_date,
        max(day_tokens) as day_tokens,
        max(unlisted_tokens) as unlisted_tokens
    from days_so_far
    where days_read > 0
    group by week_start, days_read, known_at, platform_tokens
),
listed_days as (
    select
        usage_date, date_trunc('week', usage_date)::date as week_start, base_permaslug,
        sum(total_tokens)::double as model_tokens
    from day_rows
    where base_permaslug in (select base_permaslug from bases)
    group by usage_date, base_permaslug
),
model_days as (
    -- A day that does not list the model: as the last one of the week that does, within what its block leaves.
    select
        known_days.week_start, known_days.usage_date, base_permaslug, days_known, days_read, known_at, platform_tokens, day_tokens,
        listed_days.model_tokens is not null as is_listed,
        coalesce(
            listed_days.model_tokens,
            least(
                last_value(listed_days.model_tokens / day_tokens ignore nulls) over so_far * day_tokens, unlisted_tokens
            )
        ) as model_tokens
    from known_days
    join (select distinct week_start, base_permaslug from listed_days) using (week_start)
    left join listed_days using (usage_date, base_permaslug)
    window so_far as (partition by known_days.week_start, base_permaslug order by known_days.usage_date)
),
model_weeks as (
    select
        week_start, base_permaslug, days_known, known_at,
        sum(model_tokens) over so_far / platform_tokens as platform_share,
        model_tokens / day_tokens as last_day_share,
        days_read - count(*) filter (is_listed) over so_far as days_unlisted
    from model_days
    window so_far as (partition by week_start, base_permaslug order by usage_date)
    qualify count(*) filter (is_listed) over so_far > 0
),
carried as (
    -- Each day to come has the share of the last known one. Before a week's first day that is the Sunday before it.
    select
        week_start, base_permaslug, days_known, known_at, last_day_share, days_unlisted,
        (days_known * platform_share + (7 - days_known) * last_day_share) / 7 as platform_share
    from model_weeks
    union all
    select week_start + 7, base_permaslug, 0, known_at, last_day_share, 0, last_day_share
    from model_weeks
    where days_known = 7
),
intensities as (
    -- Both shares are known: each day lists the model. It is carried for four weeks at most.
    select
        bases.week_start as intensity_week, base_permaslug, coding_token_share,
        unnest([1, 2, 3, 4]) as weeks_carried,
        bases.known_at as coding_known_at,
        model_weeks.known_at as platform_known_at,
        coding_token_share / platform_share as intensity
    from bases
    join model_weeks using (week_start, base_permaslug)
    where days_known = 7 and days_unlisted = 0 and platform_share > 0
)
select
    carried.week_start, carried.base_permaslug, carried.days_known,
    weeks_carried::bigint as weeks_carried,
    carried.days_unlisted, intensity_week,
    intensities.intensity as carried_intensity,
    carried.platform_share as platform_token_share_estimate,
    least(intensities.intensity * carried.platform_share, 1) as coding_token_share_estimate,
    intensities.coding_token_share as no_change_token_share_estimate,
    least(intensities.intensity * carried.last_day_share, 1) as last_day_token_share_estimate,
    coding_known_at as coding_retrieved_at,
    greatest(carried.known_at, platform_known_at) as platform_retrieved_at,
    greatest(coding_known_at, carried.known_at, platform_known_at) as inputs_retrieved_at,
    weeks_read.known_at as outcome_retrieved_at,
    outcomes.coding_token_share,
    -- Not of core.weeks, which knows a week from its first fetch on: this one may have none yet.
    7 - coalesce(holes, 0) as days_in_week
from carried
join intensities
    on intensities.base_permaslug = carried.base_permaslug
    and intensity_week + 7 * weeks_carried = carried.week_start
    -- While a week runs for two: the week before is then soon read.
    and (weeks_carried <= 2 or carried.days_known = 7)
left join (
    select date_trunc('week', usage_date)::date as week_start, count(*) as holes
    from reference.known_holes
    group by all
) as lacking on lacking.week_start = carried.week_start
left join weeks_read on weeks_read.week_start = carried.week_start
left join coding as outcomes on outcomes.week_start = carried.week_start and outcomes.base_permaslug = carried.base_permaslug
