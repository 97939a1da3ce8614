-- What was put at a coding share before it was fetched, or where its week does not list the model. An issue rests on what was
-- read by its instant and on nothing later, so that none is ever rewritten: its figures are those first read after the close.
with issues as (
    select
        max(retrieved_at) as issued_at,
        date_trunc('week', timezone('UTC', max(retrieved_at)))::date as running_week
    from core.readings
    where series in ('usage_day', 'category_week/programming')
    group by timezone('UTC', retrieved_at)::date
),
estimates as materialized (
    select *
    from core.coding_share_estimates
),

-- What is issued: at each issue the running week and the one before it until that is read, by as many days as are known.
horizons as (
    select
        week_start, days_known,
        min(inputs_retrieved_at) as inputs_retrieved_at,
        any_value(outcome_retrieved_at) as outcome_retrieved_at
    from estimates
    group by week_start, days_known
),
open_weeks as (
    select issued_at, horizons.week_start, max(days_known) as days_known
    from (
        select issued_at, unnest([running_week, running_week - 7]) as week_start
        from issues
    )
    join horizons using (week_start)
    where inputs_retrieved_at <= issued_at and (outcome_retrieved_at is null or outcome_retrieved_at > issued_at)
    group by issued_at, horizons.week_start
),
-- And once a week that was fetched without the model, as soon as all that it rests on is known.
unlisted as (
    select issued_at, week_start, base_permaslug, days_known, weeks_carried
    from (
        select
            week_start, base_permaslug, days_known, weeks_carried,
            greatest(inputs_retrieved_at, outcome_retrieved_at) as ready_at
        from estimates
        where days_known = 7 and outcome_retrieved_at is not null and coding_token_share is null
    )
    asof join issues on issued_at >= ready_at
),
issued as (
    select
        issued_at, week_start, base_permaslug, days_known, weeks_carried,
        if(week_start + 7 > timezone('UTC', issued_at), 'running', 'not_read') as week_status
    from open_weeks
    join estimates using (week_start, days_known)
    where inputs_retrieved_at <= issued_at
    union all
    select issued_at, week_start, base_permaslug, days_known, weeks_carried, 'not_listed' as week_status
    from unlisted
),
newest_intensities as (
    select *
    from issued
    qualify weeks_carried = min(weeks_carried) over (partition by issued_at, week_start, base_permaslug)
),

-- How far earlier estimates of as many days and as old an intensity were off, in the thirteen weeks before.
errors as (
    select
        week_start, days_known, weeks_carried,
        max(greatest(inputs_retrieved_at, outcome_retrieved_at)) as error_known_from,
        list(abs(ln(coding_token_share_estimate / coding_token_share))) as log_errors
    from estimates
    where coding_token_share > 0 and coding_token_share_estimate > 0
    group by week_start, days_known, weeks_carried
),
calibrations as (
    select
        estimated.week_start, days_known, weeks_carried,
        list_sort(flatten(list(log_errors))) as log_errors,
        count(*) as calibration_weeks
    from (
        select week_start, days_known, weeks_carried, max(inputs_retrieved_at) as inputs_retrieved_at
        from newest_intensities
        join estimates using (week_start, base_permaslug, days_known, weeks_carried)
        group by week_start, days_known, weeks_carried
    ) as estimated
    join errors using (days_known, weeks_carried)
    where errors.week_start < estimated.week_start
        and errors.week_start >= estimated.week_start - 91
        and error_known_from <= estimated.inputs_retrieved_at
    group by estimated.week_start, days_known, weeks_carried
),
calibrated as (
    select
        week_start, days_known, weeks_carried, calibration_weeks,
        len(log_errors) as calibration_errors,
        exp(conformal_error(log_errors, 0.5)) as factor_50,
        exp(conformal_error(log_errors, 0.8)) as factor_80,
        exp(conformal_error(log_errors, 0.95)) as factor_95
    from calibrations
),
instants as (
    select retrieved_at, max(citation) as citation
    from core.readings
    group by retrieved_at
),
coding_readings as (
    select period_start as intensity_week, retrieved_at as coding_retrieved_at, capture, citation as coding_citation
    from core.readings
    where series = 'category_week/programming'
)
select
    issued_at, week_start, base_permaslug,
    split_part(base_permaslug, '/', 1) as author,
    week_status, days_known,
    7 - days_known as days_carried,
    days_unlisted,
    intensity_week, weeks_carried, carried_intensity, platform_token_share_estimate, coding_token_share_estimate,
    coding_token_share_estimate / factor_50 as coding_token_share_estimate_lower_50,
    least(coding_token_share_estimate * factor_50, 1) as coding_token_share_estimate_upper_50,
    coding_token_share_estimate / factor_80 as coding_token_share_estimate_lower_80,
    least(coding_token_share_estimate * factor_80, 1) as coding_token_share_estimate_upper_80,
    coding_token_share_estimate / factor_95 as coding_token_share_estimate_lower_95,
    least(coding_token_share_estimate * factor_95, 1) as coding_token_share_estimate_upper_95,
    coalesce(calibration_errors, 0) as calibration_errors,
    coalesce(calibration_weeks, 0) as calibration_weeks,
    days_in_week,
    issued_at as retrieved_at,
    capture,
    issuing.citation,
    coding_retrieved_at, coding_citation, platform_retrieved_at,
    instants.citation as platform_citation
from newest_intensities
join estimates using (week_start, base_permaslug, days_known, weeks_carried)
join coding_readings using (intensity_week, coding_retrieved_at)
join instants on instants.retrieved_at = platform_retrieved_at
join instants as issuing on issuing.retrieved_at = issued_at
left join calibrated using (week_start, days_known, weeks_carried)
