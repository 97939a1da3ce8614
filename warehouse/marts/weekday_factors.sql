-- A work tool or a hobby: tokens of a day at the weekend ÷ tokens of a working day. The working days are those on both sides of
-- the weekend, so that a steady rise or fall cancels; the share of the platform is compared in the same way, so that
-- holidays cancel, too.
with usage as (
    -- Decimals, as sums of them are the same in any order; what is summed later is in the order of weeks.
    select
        date_trunc('week', usage_date)::date as week_start,
        base_permaslug, is_other, usage_date,
        sum(total_tokens) as tokens,
        sum(platform_token_share::decimal(18, 17))::decimal(18, 17) as share
    from core.model_usage_daily
    group by usage_date, base_permaslug, is_other
),
platform as (
    select week_start, 'platform' as base_permaslug, false as is_other, usage_date, sum(tokens) as tokens, null as share
    from usage
    group by all
),
weeks as (
    select
        base_permaslug, week_start,
        count_if(isodow(usage_date) <= 5) as working_days,
        count_if(isodow(usage_date) > 5) as weekend_days,
        sum(tokens) filter (isodow(usage_date) <= 5) as working_tokens,
        sum(share) filter (isodow(usage_date) <= 5) as working_share,
        sum(tokens) filter (isodow(usage_date) > 5) as weekend_tokens,
        sum(share) filter (isodow(usage_date) > 5) as weekend_share
    from (from usage union all by name from platform)
    where not is_other
    group by all
),
readings as (
    select
        date_trunc('week', period_start)::date as week_start,
        bool_or(is_provisional) as is_provisional,
        max(capture) as capture,
        max(struct_pack(at := retrieved_at, line := citation)) as reading
    from core.newest_blocks
    where series = 'usage_day'
    group by all
),
weekends as (
    -- Those of which all twelve days list the model.
    select
        weeks.base_permaslug, weeks.week_start,
        unnest([
            {
                measure: 'tokens',
                weekend_mean: weeks.weekend_tokens / 2,
                working_mean: (weeks.working_tokens + next_weeks.working_tokens) / 10
            },
            {
                measure: 'share',
                weekend_mean: weeks.weekend_share / 2,
                working_mean: (weeks.working_share + next_weeks.working_share) / 10
            }
        ], recursive := true)
    from weeks
    join weeks as next_weeks
        on next_weeks.base_permaslug = weeks.base_permaslug and next_weeks.week_start = weeks.week_start + 7
    where weeks.working_days = 5 and weeks.weekend_days = 2 and next_weeks.working_days = 5
),
factors as (
    select
        base_permaslug, measure,
        count(*) as weekends,
        sum(weekend_mean order by week_start) / sum(working_mean order by week_start) as factor,
        sum(working_mean order by week_start) as working_means,
        min(week_start) as first_week,
        max(week_start) as last_week
    from weekends
    group by all
),
rests as (
    select
        base_permaslug,
        bool_or(this_week.is_provisional or next_week.is_provisional) as is_provisional,
        max(greatest(this_week.capture, next_week.capture)) as capture,
        max(greatest(this_week.reading, next_week.reading)) as reading
    from weekends
    join readings as this_week using (week_start)
    join readings as next_week on next_week.week_start = weekends.week_start + 7
    where measure = 'tokens'
    group by all
),
residuals as (
    select
        base_permaslug, measure, week_start,
        weekend_mean - factor * working_mean as residual
    from weekends
    join factors using (base_permaslug, measure)
),
errors as (
    -- A week is one observation. Neighbours share five working days, which is what the product of two in a row is for.
    select
        base_permaslug, measure,
        sum(residual * residual + residual * coalesce(previous, 0) order by week_start) as squares
    from (
        select
            base_permaslug, measure, week_start, residual,
            case when lag(week_start) over history = week_start - 7 then lag(residual) over history end as previous
        from residuals
        window history as (partition by base_permaslug, measure order by week_start)
    )
    group by all
),
intervals as (
    select
        *,
        case when weekends >= 5 then sqrt(weekends / (weekends - 1) * greatest(squares, 0)) / working_means end as standard_error,
        -- Student's t of 95 % by its expansion (Abramowitz and Stegun 26.7.5), within 0.001 from four degrees on.
        1.959963985 + 2.372271 / (weekends - 1) + 2.822501 / (weekends - 1) ** 2
            + 2.555850 / (weekends - 1) ** 3 + 1.589534 / (weekends - 1) ** 4 as t_quantile
    from factors
    join errors using (base_permaslug, measure)
)
select
    base_permaslug,
    tokens.weekends as complete_weekends,
    tokens.weekends < 5 as is_small_sample,
    tokens.first_week as first_week_start, tokens.last_week as last_week_start,
    tokens.factor as weekend_factor,
    tokens.standard_error as weekend_factor_standard_error_estimate,
    tokens.factor - tokens.t_quantile * tokens.standard_error as weekend_factor_from_estimate,
    tokens.factor + tokens.t_quantile * tokens.standard_error as weekend_factor_to_estimate,
    shares.factor as weekend_token_share_factor,
    shares.standard_error as weekend_token_share_factor_standard_error_estimate,
    shares.factor - shares.t_quantile * shares.standard_error as weekend_token_share_factor_from_estimate,
    shares.factor + shares.t_quantile * shares.standard_error as weekend_token_share_factor_to_estimate,
    is_provisional, reading.at as retrieved_at, capture, reading.line as citation
from (from intervals where measure = 'tokens') as tokens
join (from intervals where measure = 'share') as shares using (base_permaslug)
join rests using (base_permaslug)
