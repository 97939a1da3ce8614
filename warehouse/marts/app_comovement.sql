-- What moved in the same weeks as M2: no source publishes which app used which model, so this shows neither a cause nor a
-- share of M2. Shares of the platform are compared, so that what the whole market did is in neither; changes by their
-- ranks, so that one week of launch does not decide. Of so few weeks and so many apps some correlation is large by chance:
-- how large is found by shuffling M2's weeks, all apps of a list at once.
with m2_weeks as (
    -- The weeks of its rise and fall in the top nine of coding: recorded lists end there.
    select week_start, platform_token_share, is_provisional, retrieved_at, citation, platform_retrieved_at, platform_citation
    from marts.m2_coding_share_weekly
    where coding_rank <= 9
),
story as (
    select
        min(week_start) as first_week,
        max(week_start) as last_week,
        bool_or(is_provisional) as is_provisional,
        max(retrieved_at) as coding_retrieved_at,
        arg_max(citation, (retrieved_at, citation)) as coding_citation,
        max(platform_retrieved_at) as platform_retrieved_at,
        arg_max(platform_citation, (platform_retrieved_at, platform_citation)) as platform_citation
    from m2_weeks
    having count(*) > 0
),
m2_changes as (
    select
        week_start,
        rank() over (order by m2_log_change) as m2_place,
        row_number() over (order by week_start) as week_number
    from (
        select this_week.week_start, ln(this_week.platform_token_share / before.platform_token_share) as m2_log_change
        from m2_weeks as this_week
        join m2_weeks as before on before.week_start = this_week.week_start - 7
        where this_week.platform_token_share > 0 and before.platform_token_share > 0
    )
),
apps as (
    select
        app_category, app_id, app_name, week_start, app_token_share,
        case
            when week_start < first_week then 'before'
            when week_start > last_week then 'after'
            else 'during'
        end as span,
        usage.is_provisional, usage.retrieved_at, usage.capture, usage.citation,
        usage.platform_retrieved_at, usage.platform_citation
    from marts.app_usage_weekly as usage
    join story on week_start between first_week - 28 and last_week + 28
),
spans as (
    select
        app_category, app_id, app_name,
        -- Below the last place of a list is not nothing: a mean is of all weeks of its span, or unknown.
        case when count(app_token_share) filter (span = 'before') = 4
            then avg(app_token_share order by week_start) filter (span = 'before') end as before_app_token_share,
        case when count(app_token_share) filter (span = 'during') = (any_value(last_week) - any_value(first_week)) // 7 + 1
            then avg(app_token_share order by week_start) filter (span = 'during') end as during_app_token_share,
        case when count(app_token_share) filter (span = 'after') = 4
            then avg(app_token_share order by week_start) filter (span = 'after') end as after_app_token_share,
        count(*) filter (span = 'during') as weeks_listed,
        bool_or(apps.is_provisional) or any_value(story.is_provisional) as is_provisional,
        max(retrieved_at) as retrieved_at,
        max(capture) as capture,
        arg_max(citation, (retrieved_at, citation)) as citation,
        greatest(max(apps.platform_retrieved_at), any_value(story.platform_retrieved_at)) as platform_retrieved_at,
        case when any_value(story.platform_retrieved_at) >= max(apps.platform_retrieved_at)
            then any_value(story.platform_citation)
            else arg_max(apps.platform_citation, (apps.platform_retrieved_at, apps.platform_citation)) end as platform_citation
    from apps
    cross join story
    group by all
),
changes as (
    select
        this_week.app_category, this_week.app_id, week_number, m2_place,
        ln(this_week.app_token_share / before.app_token_share) as log_change
    from apps as this_week
    join apps as before
        on before.app_category = this_week.app_category
        and before.app_id = this_week.app_id
        and before.week_start = this_week.week_start - 7
    join m2_changes on m2_changes.week_start = this_week.week_start
    where this_week.app_token_share > 0 and before.app_token_share > 0
),
compared as (
    -- An app that a week does not list has no change there: only those with all of M2's changes are compared.
    select
        app_category, app_id, week_number, m2_place,
        rank() over (partition by app_category, app_id order by log_change) as app_place
    from changes
    qualify count(*) over (partition by app_category, app_id) = greatest((select count(*) from m2_changes), 5)
),
correlations as (
    select app_category, app_id, corr(app_place, m2_place) as rank_correlation, count(*) as changes_compared
    from compared
    group by all
),
shuffled as (
    select shuffle, dealt.week_number, m2_changes.m2_place
    from (
        select
            shuffle, week_number,
            row_number() over (partition by shuffle order by md5(shuffle || ' ' || week_number)) as drawn
        from range(1, 200) as shuffles(shuffle)
        cross join m2_changes
    ) as dealt
    join m2_changes on m2_changes.week_number = drawn
),
chance as (
    -- The largest among all apps of a list, in 199 shuffles: 5 of 100 have a larger one.
    select app_category, quantile_disc(largest, 0.95) as rank_correlation_by_chance
    from (
        select app_category, shuffle, max(abs(rank_correlation)) as largest
        from (
            select app_category, app_id, shuffle, corr(app_place, shuffled.m2_place) as rank_correlation
            from compared
            join shuffled using (week_number)
            group by all
        )
        group by all
    )
    group by app_category
)
select
    spans.app_category, spans.app_id, app_name, first_week, last_week, weeks_listed,
    before_app_token_share, during_app_token_share, after_app_token_share,
    rank_correlation, changes_compared, rank_correlation_by_chance,
    abs(rank_correlation) > rank_correlation_by_chance as exceeds_chance,
    count(rank_correlation) over (partition by spans.app_category) as apps_compared,
    (select count(*) from m2_changes) < 30 as is_small_sample,
    spans.is_provisional, spans.retrieved_at, spans.capture, spans.citation,
    spans.platform_retrieved_at, spans.platform_citation, coding_retrieved_at, coding_citation
from spans
cross join story
left join correlations using (app_category, app_id)
left join chance using (app_category)
