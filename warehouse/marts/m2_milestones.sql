-- Provisional figures do not count: a milestone, once said, is to stand.
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
days as (
    select usage_date, total_tokens, total_tokens_upper, rank, lead(usage_date) over (order by usage_date) as next_read_date
    from marts.m2_usage_daily
    where not is_provisional
),
first_read as (
    select min(usage_date) as first_read_date
    from core.model_usage_daily
),
coverage as (
    select
        min(usage_date) as first_seen_date,
        max(usage_date) as last_read_date,
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
    where base_permaslug = 'minimax/minimax-m2' and not is_provisional
    group by all
),
first_seen as (
    select
        milestone, reached_on, total_tokens::double as value, 'tokens of that day' as unit,
        case
            when reached_on is null then 'No such row in the top 50 of any day read.'
            when reached_on = first_read_date
                then 'Listed as ' || model_permaslug || ' on the first day read: it may have been there before.'
            else 'First row of ' || model_permaslug || ' in the top 50 of a day; days are read from '
                || first_read_date || ' on.'
        end as evidence
    from (values ('first seen free', true), ('first seen paid', false)) as named (milestone, is_free)
    left join first_rows using (is_free)
    cross join first_read
),
peak_day as (
    select usage_date as peak_date, total_tokens as peak_tokens, rank as peak_rank
    from days
    where total_tokens is not null
    qualify row_number() over (order by total_tokens desc, usage_date) = 1
),
half_day as (
    -- Even the upper bound is at or below half.
    select
        min(usage_date) as half_date,
        count_if(total_tokens > peak_tokens / 2 and usage_date > first_half) as days_above_again
    from (
        select
            *,
            min(usage_date) filter (usage_date > peak_date and total_tokens_upper <= peak_tokens / 2) over () as first_half
        from days
        cross join peak_day
    )
    where usage_date >= first_half
),
last_listed as (
    select usage_date as last_date, next_read_date, rank as last_rank
    from days
    where total_tokens is not null
    qualify row_number() over (order by usage_date desc) = 1
),
unread as (
    select case when unread_days > 0
        then ' Of the days since the first seen one, ' || unread_days || ' were not read or do not exist.' else '' end as caveat
    from coverage
),
daily as (
    select milestone, reached_on, value, unit, evidence
    from first_seen
    union all
    select
        'peak day' as milestone, peak_date as reached_on, peak_tokens::double as value, 'tokens of that day' as unit,
        coalesce(
            'Most tokens of a day, variants summed; rank ' || peak_rank || ' on the platform.' || caveat,
            'No day read lists it.'
        ) as evidence
    from unread
    left join peak_day on true
    union all
    select
        'days from launch to peak day', peak_date, (peak_date - first_seen_date)::double, 'days',
        coalesce(
            'From ' || first_seen_date || ' to ' || peak_date || '.' || caveat || case
                when first_seen_date = first_read_date then ' Listed on the first day read: the launch may be earlier.'
                else ''
            end,
            'No day read lists it.'
        )
    from coverage
    cross join unread
    cross join first_read
    left join peak_day on true
    union all
    select
        'half of the peak day', half_date, (half_date - peak_date)::double, 'days after the peak',
        case
            when peak_date is null then 'No day read lists it.'
            when half_date is null then 'On no day read after the peak was it certainly at or below half of it.'
            else 'First day read on which even the upper bound, ' || half.total_tokens_upper || ' tokens, is at most half of '
                || peak_tokens || '. Days read above half after it: ' || days_above_again || '.' || caveat
        end
    from unread
    left join peak_day on true
    left join half_day on true
    left join days as half on half.usage_date = half_date
    union all
    select
        'last day in the platform top 50',
        case when next_read_date = last_date + 1 then last_date end,
        case when next_read_date = last_date + 1 then last_rank end::double,
        'rank',
        case
            when last_date is null then 'No day read lists it.'
            when next_read_date is null then 'Not reached: still listed on the newest day read, ' || last_date || '.'
            when next_read_date > last_date + 1 then 'Not known to the day: listed last on ' || last_date
                || ', not listed on the next day read, ' || next_read_date || '; the days between were not read.'
            else 'Listed last on ' || last_date || ' and on no day read since, up to ' || last_read_date || '.'
        end
    from coverage
    left join last_listed on true
),
weeks as (
    select
        week_start, coding_token_share, coding_token_share_upper, coding_rank, models_above,
        lead(week_start) over (order by week_start) as next_read_week
    from marts.m2_coding_share_weekly
    where not is_provisional
),
first_read_week as (
    select min(week_start) as first_read_week
    from marts.coding_share_weekly
),
first_ranks as (
    select depth, min(week_start) as reached_on, arg_min(coding_rank, week_start) as coding_rank
    from weeks
    join (values (10), (5), (3)) as depths (depth) on coding_rank <= depth
    group by all
),
peak_week as (
    select week_start as peak_week, coding_token_share as peak_share, coding_rank as peak_rank
    from weeks
    where coding_token_share is not null
    qualify row_number() over (order by coding_token_share desc, week_start) = 1
),
half_week as (
    select
        min(week_start) as half_week,
        count_if(coding_token_share > peak_share / 2 and week_start > first_half) as weeks_above_again
    from (
        select
            *,
            min(week_start) filter (week_start > peak_week and coding_token_share_upper <= peak_share / 2) over () as first_half
        from weeks
        cross join peak_week
    )
    where week_start >= first_half
),
podium as (
    select max(week_start) as last_week, count(*) as weeks
    from weeks
    where coding_rank <= 3
),
best as (
    select week_start as best_week, coding_rank as best_rank
    from weeks
    where coding_rank is not null
    qualify row_number() over (order by coding_rank, week_start) = 1
),
overtakings as (
    -- Whoever is listed stands above a model that is not.
    select
        weeks.week_start,
        weeks.coding_rank,
        before.coding_rank as rank_before,
        string_agg(rivals.base_permaslug, ', ' order by rivals.coding_rank, rivals.base_permaslug) as overtakers
    from best
    join weeks on weeks.week_start > best_week
    join weeks as before on before.week_start = weeks.week_start - 7 and before.coding_rank is not null
    join marts.coding_share_weekly as rivals
        on rivals.week_start = weeks.week_start
        and rivals.coding_rank is not null
        and rivals.base_permaslug <> 'minimax/minimax-m2'
        and (weeks.coding_rank is null or rivals.coding_rank < weeks.coding_rank)
        and not list_contains(before.models_above, rivals.base_permaslug)
    group by weeks.week_start, weeks.coding_rank, before.coding_rank
    qualify row_number() over (order by weeks.week_start) = 1
),
successions as (
    select
        weeks.week_start, heirs.base_permaslug, heirs.coding_token_share, weeks.coding_token_share as m2_share,
        weeks.coding_token_share_upper
    from weeks
    join marts.coding_share_weekly as heirs using (week_start)
    join reference.model_lineages as heir on heir.base_permaslug = heirs.base_permaslug
    join reference.model_lineages as self
        on self.lineage = heir.lineage and self.base_permaslug = 'minimax/minimax-m2' and heir.position > self.position
    where heirs.coding_token_share > coalesce(weeks.coding_token_share, weeks.coding_token_share_upper)
    qualify row_number() over (order by weeks.week_start, heirs.coding_token_share desc) = 1
),
coding as (
    select
        'first week in the coding top ' || depth as milestone, reached_on, coding_rank::double as value, 'rank' as unit,
        case
            when reached_on is null then 'In no week read was it listed and ranked so high.'
            when reached_on = first_read_week then 'So high in the first week read: it may have been before.'
            else 'Entered at rank ' || coding_rank || '; weeks are read from ' || first_read_week || ' on.'
        end as evidence
    from (values (10), (5), (3)) as depths (depth)
    left join first_ranks using (depth)
    cross join first_read_week
    union all
    select
        'peak coding week' as milestone, peak_week as reached_on, peak_share as value, 'share of coding, 0-1' as unit,
        coalesce('Greatest share of a week, at rank ' || peak_rank || '.', 'No week read lists it.') as evidence
    from first_read_week
    left join peak_week on true
    union all
    select
        'half of the peak coding week', half_week, ((half_week - peak_week) // 7)::double, 'weeks after the peak',
        case
            when peak_week is null then 'No week read lists it.'
            when half_week is null then 'In no week read after the peak was it certainly at or below half of it.'
            else case
                when half.coding_token_share is null then 'Not listed that week: the upper bound, '
                else 'The greatest share that fits the week, '
            end || round(100 * half.coding_token_share_upper, 2) || ' %, is at most half of '
                || round(100 * peak_share, 2) || ' %. Weeks read above half after it: ' || weeks_above_again || '.'
        end
    from first_read_week
    left join peak_week on true
    left join half_week on true
    left join weeks as half on half.week_start = half_week
    union all
    select
        'weeks at coding rank 3 or better', last_week, case when weeks > 0 then weeks end::double, 'weeks',
        case when weeks > 0 then 'The date is the last such week.' else 'In no week read was it listed and ranked so high.' end
    from podium
    union all
    select
        'overtaken in coding', overtakings.week_start, overtakings.coding_rank::double, 'rank',
        case
            when best_week is null then 'No week read lists it.'
            when overtakings.week_start is null then 'By none since its best week, ' || best_week || ', as far as weeks were read.'
            else 'By ' || overtakers || ', below it or absent the week before, when its rank was ' || rank_before || case
                when overtakings.coding_rank is null then '; it was not listed itself, so its rank is unknown.'
                else '.'
            end
        end
    from first_read_week
    left join best on true
    left join overtakings on true
    union all
    select
        'overtaken in coding by a successor', week_start, coding_token_share, 'share of coding, 0-1',
        case
            when week_start is null then 'In no week read had a later member of its lineage certainly the greater share.'
            else 'By ' || base_permaslug || ' (the value is its share); M2 had ' || case
                when m2_share is null then 'at most ' || round(100 * coding_token_share_upper, 2) || ' %, not being listed.'
                else round(100 * m2_share, 2) || ' %.'
            end
        end
    from first_read_week
    left join successions on true
)
select milestone, reached_on, value, unit, evidence, daily_capture as capture, daily_citation as citation
from daily
cross join newest
union all
select milestone, reached_on, value, unit, evidence, coding_capture as capture, coding_citation as citation
from coding
cross join newest
