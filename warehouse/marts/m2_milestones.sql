-- Provisional figures do not count: a milestone, once stated, does not change. One that was not reached says whether what was fetched shows
-- that, or leaves it open.
with readings as (
    select
        series,
        arg_max(capture, (as_of, capture)) as capture,
        arg_max(citation, (as_of, citation)) as citation,
        (max(as_of), series) as newness
    from core.readings
    where series in ('usage_day', 'category_week/programming')
    group by series
),
newest as (
    -- A row spans many blocks and cites the newest of its series; of a series never read, the newest of the other.
    select
        coalesce(max(capture) filter (series = 'usage_day'), arg_max(capture, newness)) as daily_capture,
        coalesce(max(citation) filter (series = 'usage_day'), arg_max(citation, newness)) as daily_citation,
        coalesce(max(capture) filter (series = 'category_week/programming'), arg_max(capture, newness)) as coding_capture,
        coalesce(max(citation) filter (series = 'category_week/programming'), arg_max(citation, newness)) as coding_citation
    from readings
    having count(*) > 0
),
known_days as (
    -- Days of which it is known for good what they list.
    select usage_date
    from core.model_usage_daily
    where not is_provisional
    union
    select usage_date
    from reference.known_holes
),
first_read as (
    select min(usage_date) as first_read_date, max(usage_date) as last_read_date
    from core.model_usage_daily
    where not is_provisional
),
days as (
    select
        usage_date, total_tokens, total_tokens_lower, total_tokens_upper, platform_rank,
        lead(usage_date) over (order by usage_date) as next_read_date
    from marts.m2_usage_daily
    where not is_provisional
),
coverage as (
    select
        min(usage_date) as first_seen_date,
        max(usage_date) as last_date,
        max(usage_date) - min(usage_date) + 1 - count(*) as unread_days
    from days
),
first_rows as (
    -- Free and paid are variants of one model: each is first seen with its own row.
    select
        split_part(variant, ':', 1) = 'free' as is_free,
        min(usage_date) as reached_on,
        arg_min(total_tokens, usage_date) as total_tokens,
        arg_min(model_permaslug, usage_date) as model_permaslug
    from core.model_usage_daily
    where base_permaslug = m2() and not is_provisional
    group by all
),
first_seen as (
    select
        milestone, reached_on, total_tokens::double as value, 'tokens of that day' as unit,
        case
            when reached_on is not null then 'reached'
            when last_read_date - first_read_date + 1 = (
                select count(*) from known_days where usage_date between first_read_date and last_read_date
            ) then 'not yet reached'
            else 'cannot be known'
        end as milestone_status,
        case
            when reached_on is null then 'No such row in the top 50 of any day read.'
            when reached_on - 1 not in (select usage_date from known_days)
                then 'Listed as ' || model_permaslug || ' on the first day read, or after days that were not: it may have '
                    || 'been there before.'
            else 'First row of ' || model_permaslug || ' in the top 50 of a day; days are read from '
                || first_read_date || ' on.'
        end as evidence
    from (values ('first seen free', true), ('first seen paid', false)) as named (milestone, is_free)
    left join first_rows using (is_free)
    cross join first_read
),
peak_day as (
    select usage_date as peak_date, total_tokens as peak_tokens, platform_rank as peak_rank
    from days
    where total_tokens is not null
    qualify row_number() over (order by total_tokens desc, usage_date) = 1
),
after_peak_day as (
    -- Even the upper bound is at or below half.
    select
        half_date,
        count(*) filter (total_tokens > peak_tokens / 2 and usage_date > half_date) as days_above_again,
        bool_and(total_tokens_lower > peak_tokens / 2) as stays_above_half
    from (
        select
            *,
            min(usage_date) filter (total_tokens_upper <= peak_tokens / 2) over () as half_date
        from days
        join peak_day on usage_date > peak_date
    )
    group by half_date
),
last_listed as (
    select usage_date as last_listed_date, next_read_date, platform_rank as last_rank
    from days
    where total_tokens is not null
    qualify row_number() over (order by usage_date desc) = 1
),
unread as (
    select case when unread_days > 0
        then ' Of the days since the first seen one, ' || unread_days || ' were not read, may still move or do not exist.'
        else '' end as caveat
    from coverage
),
daily as (
    select milestone, reached_on, value, unit, milestone_status, evidence
    from first_seen
    union all
    select
        'peak day' as milestone, peak_date as reached_on, peak_tokens::double as value, 'tokens of that day' as unit,
        if(peak_date is null, 'cannot be known', 'reached') as milestone_status,
        coalesce(
            'Most tokens of a day, variants summed; rank ' || peak_rank || ' on the platform.' || caveat,
            'No day read lists it.'
        ) as evidence
    from unread
    left join peak_day on true
    union all
    select
        'days from launch to peak day', peak_date, (peak_date - first_seen_date)::double, 'days',
        if(peak_date is null, 'cannot be known', 'reached'),
        coalesce(
            'From ' || first_seen_date || ' to ' || peak_date || '.' || caveat || case
                when first_seen_date - 1 not in (select usage_date from known_days)
                    then ' The day before the first one was not read: the launch may be earlier.'
                else ''
            end,
            'No day read lists it.'
        )
    from coverage
    cross join unread
    left join peak_day on true
    union all
    select
        'half of the peak day', half_date, (half_date - peak_date)::double, 'days after the peak',
        case
            when half_date is not null then 'reached'
            when coalesce(stays_above_half, true) and last_date - peak_date = (
                select count(*) from known_days where usage_date > peak_date and usage_date <= last_date
            ) then 'not yet reached'
            else 'cannot be known'
        end,
        case
            when peak_date is null then 'No day read lists it.'
            when half_date is null then 'On no day read after the peak was it certainly at or below half of it.' || caveat
            else 'First day read on which even the upper bound, ' || half.total_tokens_upper || ' tokens, is at most half of '
                || peak_tokens || '. Days read above half after it: ' || days_above_again || '.' || caveat
        end
    from coverage
    cross join unread
    left join peak_day on true
    left join after_peak_day on true
    left join days as half on half.usage_date = half_date
    union all
    select
        'last day in the platform top 50',
        case when next_read_date = last_listed_date + 1 then last_listed_date end,
        case when next_read_date = last_listed_date + 1 then last_rank end::double,
        'rank',
        case
            when next_read_date = last_listed_date + 1 then 'reached'
            when last_listed_date = last_date then 'not yet reached'
            else 'cannot be known'
        end,
        case
            when last_listed_date is null then 'No day read lists it.'
            when next_read_date is null then 'Not reached: still listed on the newest day read, ' || last_listed_date || '.'
            when next_read_date > last_listed_date + 1 then 'Not known to the day: listed last on ' || last_listed_date
                || ', not listed on the next day read, ' || next_read_date || '; the days between were not read.'
            else 'Listed last on ' || last_listed_date || ' and on no day read since, up to ' || last_date || '.'
        end
    from coverage
    left join last_listed on true
),
coding as (
    select week_start, base_permaslug, coding_token_share, coding_rank
    from marts.coding_share_weekly
    where not is_coding_provisional
),
week_span as (
    select
        min(week_start) as first_read_week,
        max(week_start) as newest_week,
        count(distinct week_start) = (max(week_start) - min(week_start)) // 7 + 1 as is_gapless
    from coding
),
errors as (
    select
        week_start, coding_token_share_standard_error_estimate, resolved_from_z, rank_lower_estimate as first_rank,
        -- Beyond the list no place is known.
        coalesce(rank_upper_estimate, 'infinity'::double) as last_rank,
        'rank ' || rank_lower_estimate || coalesce(' to ' || rank_upper_estimate, ' or lower') as span_said
    from marts.coding_share_error_weekly
    where base_permaslug = m2()
),
weeks as (
    select
        week_start, coding_token_share, coding_token_share_lower, coding_token_share_upper, coding_rank, capture,
        coalesce(coding_token_share, coding_token_share_upper) as most_share
    from marts.m2_coding_share_weekly
    where not is_coding_provisional
),
rivals as (
    -- The others of each week, and what they had in the week before: a model that was not listed then was below.
    select now.week_start, now.base_permaslug, now.coding_rank, now.coding_token_share, before.coding_token_share as share_before
    from coding as now
    left join coding as before
        on before.base_permaslug = now.base_permaslug and before.week_start = now.week_start - 7
    where now.coding_rank is not null and now.base_permaslug <> m2()
),
depths as (
    select
        depth,
        min(week_start) filter (coding_rank <= depth) as first_week,
        arg_min(coding_rank, week_start) filter (coding_rank <= depth) as first_rank,
        max(week_start) filter (coding_rank <= depth) as last_week,
        count(*) filter (coding_rank <= depth) as weeks_there,
        arg_min(span_said, week_start) filter (coding_rank <= depth and last_rank > depth) as first_span,
        min(week_start) filter (coding_rank <= depth and last_rank > depth) as first_level_week,
        count(*) filter (coding_rank <= depth and last_rank > depth) as weeks_about_level,
        bool_and(coalesce(coding_rank > depth, models_above >= depth)) as stays_below
    from (values (10), (5), (3)) as depths (depth)
    left join (
        select weeks.week_start, weeks.coding_rank, last_rank, span_said, count(rivals.base_permaslug) as models_above
        from weeks
        left join errors using (week_start)
        left join rivals on rivals.week_start = weeks.week_start and rivals.coding_token_share > most_share
        group by all
    ) on true
    group by depth
),
ranks as (
    select
        *,
        case
            when weeks_there > 0 then 'reached'
            when stays_below and is_gapless then 'not yet reached'
            else 'cannot be known'
        end as milestone_status
    from depths
    cross join week_span
),
peak_week as (
    select week_start as peak_week, coding_token_share as peak_share, coding_rank as peak_rank
    from weeks
    where coding_token_share is not null
    qualify row_number() over (order by coding_token_share desc, week_start) = 1
),
after_peak_week as (
    select
        half_week,
        count(*) filter (coding_token_share > peak_share / 2 and week_start > half_week) as weeks_above_again,
        count(*) filter (coding_token_share_lower > peak_share / 2) as weeks_above_half
    from (
        select
            *,
            min(week_start) filter (coding_token_share_upper <= peak_share / 2) over () as half_week
        from weeks
        join peak_week on week_start > peak_week
    )
    group by half_week
),
half_of_peak as (
    select
        (peak_share / 2 - coding_token_share_upper) / sqrt(
            (at_peak.coding_token_share_standard_error_estimate / 2) ^ 2 + errors.coding_token_share_standard_error_estimate ^ 2
        ) as half_life_z,
        half_life_z >= errors.resolved_from_z as half_life_is_resolved
    from after_peak_week
    join weeks on weeks.week_start = half_week
    join errors using (week_start)
    cross join peak_week
    join errors as at_peak on at_peak.week_start = peak_week.peak_week
),
next_to_peak as (
    -- The week that the sample distinguishes least from the peak: two weeks are two samples.
    select
        week_start as next_week,
        (peak_share - coding_token_share) / sqrt(
            errors.coding_token_share_standard_error_estimate ^ 2 + at_peak.coding_token_share_standard_error_estimate ^ 2
        ) as next_z,
        errors.resolved_from_z
    from weeks
    join errors using (week_start)
    join peak_week on week_start <> peak_week
    join errors as at_peak on at_peak.week_start = peak_week
    qualify row_number() over (order by next_z, week_start) = 1
),
best as (
    select week_start as best_week, coding_rank as best_rank
    from weeks
    where coding_rank is not null
    qualify row_number() over (order by coding_rank, week_start) = 1
),
followed as (
    -- Whether every week was fetched and lists it, to one depth: since the best week, and since the first.
    select
        count(*) filter (week_start > best_week and coding_rank is not null) = (newest_week - best_week) // 7
        and count(distinct capture) filter (week_start >= best_week) = 1 as is_followed_since_best,
        count(coding_rank) = (newest_week - min(week_start)) // 7 + 1 and count(distinct capture) = 1 as is_followed
    from weeks
    cross join best
    cross join week_span
    group by best_week, newest_week
),
pairs as (
    select
        weeks.week_start, weeks.coding_rank, weeks.coding_token_share, weeks.coding_token_share_upper, weeks.most_share,
        before.week_start as week_before, before.coding_rank as rank_before,
        before.coding_token_share_lower as least_share_before
    from weeks
    left join weeks as before on before.week_start = weeks.week_start - 7 and before.capture = weeks.capture
),
overtakings as (
    -- By models that had less the week before, or was not listed, and has more now: who draws level has not overtaken.
    select
        pairs.week_start, pairs.coding_rank, rank_before,
        array_agg(rivals.base_permaslug order by rivals.coding_rank, rivals.base_permaslug) as overtakers,
        array_agg(rivals.base_permaslug order by rivals.coding_rank, rivals.base_permaslug)
            filter (rivals.coding_rank between first_rank and last_rank) as level_overtakers,
        any_value(span_said) as span_said
    from pairs
    left join errors using (week_start)
    join best on pairs.week_start > best_week
    join rivals
        on rivals.week_start = pairs.week_start
        and rivals.coding_token_share > most_share
        and coalesce(share_before < least_share_before, true)
    where rank_before is not null
    group by pairs.week_start, pairs.coding_rank, rank_before
    qualify row_number() over (order by pairs.week_start) = 1
),
successions as (
    select
        pairs.week_start, pairs.coding_token_share as m2_share, pairs.coding_token_share_upper,
        rivals.base_permaslug, rivals.coding_token_share,
        case when rivals.coding_rank between first_rank and last_rank then span_said end as level_span,
        week_before is not null and coalesce(share_before < least_share_before, true) as is_overtaking
    from pairs
    join rivals on rivals.week_start = pairs.week_start and rivals.coding_token_share > most_share
    left join errors on errors.week_start = pairs.week_start
    join reference.model_lineages as heir on heir.base_permaslug = rivals.base_permaslug
    join reference.model_lineages as self
        on self.lineage = heir.lineage and self.base_permaslug = m2() and heir.position > self.position
    qualify row_number() over (order by pairs.week_start, rivals.coding_token_share desc) = 1
),
weekly as (
    select
        'first week in the coding top ' || depth as milestone, first_week as reached_on, first_rank::double as value,
        'rank' as unit, milestone_status,
        case
            when first_week is null then 'In no week read was it listed and ranked so high.'
            when first_week - 7 not in (select week_start from coding)
                then 'So high in the first week read, or after one that was not: it may have been before.'
            else 'Entered at rank ' || first_rank || '; weeks are read from ' || first_read_week || ' on.'
        end || case
            when first_level_week = first_week then ' By the sample it was about level with the rank below: ' || first_span || '.'
            else ''
        end as evidence
    from ranks
    union all
    select
        'peak coding week' as milestone, peak_week as reached_on, peak_share as value, 'share of coding, 0-1' as unit,
        if(peak_week is null, 'cannot be known', 'reached') as milestone_status,
        coalesce('Greatest share of a week, at rank ' || peak_rank || '.', 'No week read lists it.') || case
            when next_z < resolved_from_z then ' About level with the week of ' || next_week || ' by the samples: z '
                || printf('%.1f', next_z) || '.'
            else ''
        end as evidence
    from week_span
    left join peak_week on true
    left join next_to_peak on true
    union all
    select
        'half of the peak coding week', half_week, ((half_week - peak_week) // 7)::double, 'weeks after the peak',
        case
            when half_week is not null then 'reached'
            when coalesce(weeks_above_half, 0) = (newest_week - peak_week) // 7 then 'not yet reached'
            else 'cannot be known'
        end,
        case
            when peak_week is null then 'No week read lists it.'
            when half_week is null then 'In no week read after the peak was it certainly at or below half of it.'
            else case
                when half.coding_token_share is null then 'Not listed that week: the upper bound, '
                else 'The greatest share that fits the week, '
            end || round(100 * half.coding_token_share_upper, 2) || ' %, is at most half of '
                || round(100 * peak_share, 2) || ' %. Weeks read above half after it: ' || weeks_above_again || '.'
        end || case
            when half_life_is_resolved is false then ' By the samples that week is about level with half: '
                || printf('%.3f', 100 * (peak_share / 2 - half.coding_token_share_upper)) || ' points below it, z '
                || printf('%.1f', half_life_z) || '.'
            else ''
        end
    from week_span
    left join peak_week on true
    left join after_peak_week on true
    left join weeks as half on half.week_start = half_week
    left join half_of_peak on true
    union all
    select
        'weeks at coding rank 3 or better', last_week, case when first_read_week is not null then weeks_there end::double,
        'weeks', milestone_status,
        case when weeks_there > 0 then 'The date is the last such week.' else 'In no week read was it listed and ranked so high.' end
            || case when weeks_about_level > 0 then ' In ' || weeks_about_level || ' of them the sample shows it about level with a '
                || 'lower rank, first ' || first_span || ' in the week of ' || first_level_week || '.' else '' end
    from ranks
    where depth = 3
    union all
    select
        'overtaken in coding', overtakings.week_start, overtakings.coding_rank::double, 'rank',
        case
            when overtakings.week_start is not null then 'reached'
            when is_followed_since_best then 'not yet reached'
            else 'cannot be known'
        end,
        case
            when best_week is null then 'No week read lists it.'
            when overtakings.week_start is null then 'By none since its best week, ' || best_week || ', as far as weeks were read.'
            else 'By ' || array_to_string(overtakers[:3], ', ') || case
                when len(overtakers) > 3 then ' and ' || len(overtakers) - 3 || ' more' else ''
            end || ', below it or absent the week before, when its rank was ' || rank_before || case
                when overtakings.coding_rank is null then '; it was not listed itself, so its rank is unknown.'
                else '.'
            end || coalesce(
                ' By the sample it is about level with ' || array_to_string(level_overtakers[:3], ', ') || ': ' || span_said || '.', ''
            )
        end
    from week_span
    left join best on true
    left join followed on true
    left join overtakings on true
    union all
    select
        'overtaken in coding by a successor',
        case when is_overtaking then week_start end,
        case when is_overtaking then coding_token_share end,
        'share of coding, 0-1',
        case
            when is_overtaking then 'reached'
            when week_start is null and is_followed then 'not yet reached'
            else 'cannot be known'
        end,
        case
            when week_start is null then 'In no week read had a later member of its lineage certainly the greater share.'
            when not is_overtaking then base_permaslug || ' had the greater share in the week of ' || week_start
                || '; that it had not before is not known.'
            else 'By ' || base_permaslug || ' (the value is its share); M2 had ' || case
                when m2_share is null then 'at most ' || round(100 * coding_token_share_upper, 2) || ' %, not being listed.'
                else round(100 * m2_share, 2) || ' %.'
            end || coalesce(' By the sample they are about level: ' || level_span || ' for M2.', '')
        end
    from week_span
    left join followed on true
    left join successions on true
)
select milestone, reached_on, value, unit, milestone_status, evidence, daily_capture as capture, daily_citation as citation
from daily
cross join newest
union all
select milestone, reached_on, value, unit, milestone_status, evidence, coding_capture as capture, coding_citation as citation
from weekly
cross join newest
