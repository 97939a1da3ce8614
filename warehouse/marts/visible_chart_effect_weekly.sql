-- What the public chart shows of a week: its nine largest rows, each variant a row of its own. Beside it the country's share of
-- the fifty largest, and the bounds on its share of the platform.
with whole_weeks as (
    -- A day that does not exist in the source is not missing.
    select week_start
    from core.weeks
    join (select distinct usage_date from core.model_usage_daily) on usage_date between week_start and week_start + 6
    where usage_date not in (select usage_date from reference.known_holes)
        and week_start not in (select week_start from core.model_usage_weekly)
    group by week_start, days_in_week
    having count(*) = days_in_week
),
usage as (
    -- A week is its own block where that was fetched, else the sum of its days.
    select
        'usage_week' as series, week_start, week_start as period_start, model_permaslug, base_permaslug, is_other, total_tokens
    from core.model_usage_weekly
    union all
    select
        'usage_day' as series, week_start, usage_date as period_start, model_permaslug, base_permaslug, is_other, total_tokens
    from core.model_usage_daily
    join whole_weeks on week_start = date_trunc('week', usage_date)::date
),
blocks as (
    select
        week_start,
        bool_or(is_provisional) as is_provisional,
        max(retrieved_at) as retrieved_at,
        max(capture) as capture,
        max(struct_pack(at := retrieved_at, line := citation)).line as citation
    from (select distinct series, week_start, period_start from usage)
    join core.newest_blocks using (series, period_start)
    group by week_start
),
placed as (
    select
        series, week_start, model_permaslug, base_permaslug,
        sum(total_tokens)::bigint as tokens,
        -- Which of two equal rows the chart shows is not known: the first by name, so that nine are shown.
        row_number() over (partition by week_start order by sum(total_tokens) desc, model_permaslug) as place
    from usage
    where not is_other
    group by series, week_start, model_permaslug, base_permaslug
),
countries as (
    select
        series, week_start,
        coalesce(country, 'unclassified') as country,
        coalesce(sum(tokens) filter (place <= 9), 0)::bigint as visible_tokens,
        coalesce(sum(tokens) filter (place <= 50), 0)::bigint as top_50_tokens,
        coalesce(list(model_permaslug order by place) filter (place <= 9), []) as visible_models
    from placed
    left join core.models using (base_permaslug)
    group by all
)
select
    week_start, country, series, visible_tokens,
    visible_tokens / sum(visible_tokens) over (partition by week_start) as visible_token_share,
    visible_models,
    top_50_tokens / sum(top_50_tokens) over (partition by week_start) as top_50_token_share,
    platform.platform_token_share_lower,
    platform.platform_token_share_upper,
    100 * (visible_token_share - platform.platform_token_share_upper) as visible_effect_pp_lower,
    100 * (visible_token_share - platform.platform_token_share_lower) as visible_effect_pp_upper,
    weeks.days_in_week,
    blocks.is_provisional, blocks.retrieved_at, blocks.capture, blocks.citation,
    platform.platform_retrieved_at, platform.platform_citation
from countries
join blocks using (week_start)
join core.weeks using (week_start)
left join marts.country_token_share_weekly as platform using (week_start, country)
