-- The list is the top nine, so that recorded weeks, cut at nine models, and whole ones compare. The record is of weeks that
-- were fetched after their end. A model whose weeks have an unread one among them was in the list at least as long as is seen.
with weeks as (
    -- Weeks in a row that were fetched share their stretch.
    select
        period_start as week_start, is_provisional, retrieved_at, capture, citation,
        period_start - 7 * row_number() over (order by period_start)::integer as stretch
    from core.newest_blocks
    where series = 'category_week/programming' and retrieved_at >= closing_of(period_start, 'week')
),
listed as (
    select
        week_start, base_permaslug, author,
        week_start - 7 * row_number() over (partition by base_permaslug order by week_start)::integer as run
    from marts.coding_share_weekly
    semi join weeks using (week_start)
    where coding_rank <= 9
),
stays as (
    select
        'weeks in a row' as counted, base_permaslug, author,
        min(week_start) as first_week,
        max(week_start) as last_week,
        count(*) as weeks_in_list
    from listed
    group by base_permaslug, author, run
    union all
    select 'all weeks of a model', base_permaslug, author, min(week_start), max(week_start), count(*)
    from listed
    group by base_permaslug, author
),
observed as (
    select
        counted, base_permaslug, author, first_week, last_week, weeks_in_list,
        before.week_start is not null as is_start_observed,
        coalesce(following.stretch = first.stretch, false) as is_end_observed,
        (
            select bool_or(weeks.is_provisional)
            from weeks
            where weeks.week_start between first_week - 7 and last_week + 7
        ) as is_provisional
    from stays
    join weeks as first on first.week_start = first_week
    left join weeks as before on before.week_start = first_week - 7
    left join weeks as following on following.week_start = last_week + 7
),
newest_reading as (
    -- Of responses at one instant the greater line, so that a rebuild gives the same.
    select max(struct_pack(at := retrieved_at, line := citation, cut := capture)) as newest
    from weeks
)
select
    counted, base_permaslug, author, first_week, last_week, weeks_in_list, is_start_observed, is_end_observed,
    case when is_start_observed then
        (rank() over (partition by counted, is_start_observed order by weeks_in_list) - 1)
        / count(*) over (partition by counted, is_start_observed)
    end as shorter_stay_share,
    is_provisional,
    newest.at as retrieved_at,
    newest.cut as capture,
    newest.line as citation
from observed
cross join newest_reading
