-- The shares of a week sum to 1, so their changes sum to 0. What enters or leaves moves between a model and `other`.
with listed as (
    select
        week_start, base_permaslug, is_other,
        sum(category_token_share) as coding_token_share,
        any_value(days_in_week) as days_in_week,
        any_value(is_provisional) as is_provisional,
        any_value(retrieved_at) as retrieved_at,
        any_value(capture) as capture,
        any_value(citation) as citation
    from core.category_usage_weekly
    where category = 'programming'
    group by all
),
weeks as (
    select distinct week_start, days_in_week, is_provisional, retrieved_at, capture, citation
    from listed
),
pairs as (
    -- A week cut at nine models and one as the interface gives it differ by their cut, not by what happened.
    select
        weeks.week_start, weeks.days_in_week,
        before.is_provisional or weeks.is_provisional as is_provisional,
        weeks.retrieved_at, weeks.capture, weeks.citation,
        before.retrieved_at as previous_retrieved_at,
        before.citation as previous_citation
    from weeks
    join weeks as before on before.week_start = weeks.week_start - 7 and before.capture = weeks.capture
    where weeks.week_start >= (select min(week_start) from listed where base_permaslug = m2())
),
shares as (
    select
        week_start, base_permaslug, is_other,
        max(coding_token_share) filter (not is_before) as coding_token_share,
        max(coding_token_share) filter (is_before) as coding_token_share_before
    from (
        select week_start, base_permaslug, is_other, coding_token_share, false as is_before
        from listed
        union all
        select week_start + 7, base_permaslug, is_other, coding_token_share, true
        from listed
    )
    group by all
),
changes as (
    select
        *,
        100 * (coalesce(coding_token_share, 0) - coalesce(coding_token_share_before, 0)) as listed_change_pp
    from shares
    join pairs using (week_start)
)
select
    week_start, base_permaslug, is_other, coding_token_share_before, coding_token_share,
    case
        when is_other then 'tail'
        when coding_token_share_before is null then 'entered'
        when coding_token_share is null then 'left'
        else 'stayed'
    end as transition,
    listed_change_pp,
    max(listed_change_pp) filter (base_permaslug = m2()) over (
        partition by week_start
    ) as m2_listed_change_pp,
    days_in_week, is_provisional, retrieved_at, capture, citation, previous_retrieved_at, previous_citation
from changes
