-- What happened in closed periods, as it is known now, and since which fetch. A period that still runs makes no event, neither
-- does a week whose week before was not read, or was captured otherwise: they cannot be compared.
with followed as (
    select distinct series from reference.event_thresholds
),
shown as (
    -- Each content of a closed block, from the first fetch at or after the close on.
    select series, period_start, vintage_number, any_value(capture) as capture, min(retrieved_at) as shown_from
    from core.readings
    join core.blocks using (series, period_start)
    join followed using (series)
    where retrieved_at >= closes_at
    group by all
),
vintages as (
    select
        *,
        lead(shown_from) over block as shown_to,
        lag(vintage_number) over block as vintage_before,
        lag(capture) over block as capture_before
    from shown
    window block as (partition by series, period_start order by vintage_number)
),
models as (
    -- Free and paid are variants of one model.
    select
        series, period_start, vintage_number, shown_from, shown_to, base_permaslug, is_other,
        sum(total_tokens)::bigint as tokens
    from vintages
    join core.block_vintage_rows using (series, period_start, vintage_number)
    group by all
),
ranked as (
    select
        *,
        tokens / sum(tokens) over (partition by series, period_start, vintage_number) as share,
        rank() over (partition by series, period_start, vintage_number, is_other order by tokens desc) as rank,
        count(*) over (partition by series, period_start, vintage_number, is_other) as listed_models
    from models
),
listed as (
    select series, period_start, vintage_number, shown_from, shown_to, base_permaslug, tokens, share, rank, listed_models
    from ranked
    where not is_other
),
names as (
    select distinct series, base_permaslug
    from listed
),
thresholds as (
    select
        series, base_permaslug, is_followed, top, passes_within, share_change_pp, restated_change, stealth_share
    from names
    join reference.event_thresholds using (series)
    where base_permaslug glob model_pattern
    -- The longest pattern is the most particular one.
    qualify row_number() over (
        partition by series, base_permaslug order by length(model_pattern) desc, model_pattern
    ) = 1
),
pairs as (
    -- A week and the one before, in every state of both that was known at once.
    select
        this.series, this.period_start as week_start, this.vintage_number, before.vintage_number as vintage_before,
        greatest(this.shown_from, before.shown_from) as shown_from,
        this.shown_to is null and before.shown_to is null as is_newest
    from vintages as this
    join vintages as before
        on before.series = this.series
        and before.period_start = this.period_start - 7
        and before.capture = this.capture
        and before.shown_from < coalesce(this.shown_to, 'infinity')
        and this.shown_from < coalesce(before.shown_to, 'infinity')
    where starts_with(this.series, 'category_week/')
),
sides as (
    select pairs.*, base_permaslug, false as is_before, rank, share, listed_models
    from pairs
    join listed
        on listed.series = pairs.series
        and listed.period_start = pairs.week_start
        and listed.vintage_number = pairs.vintage_number
    union all
    select pairs.*, base_permaslug, true as is_before, rank, share, listed_models
    from pairs
    join listed
        on listed.series = pairs.series
        and listed.period_start = pairs.week_start - 7
        and listed.vintage_number = pairs.vintage_before
),
comparable as (
    -- A model that is absent is below the last that is listed, and how far is not known: of a week cut at nine models the first
    -- nine can be named, not ten.
    select
        series, week_start, vintage_number, vintage_before,
        least(
            max(listed_models) filter (not is_before), max(listed_models) filter (is_before)
        ) as depth
    from sides
    group by all
),
placed as (
    select
        series, week_start, vintage_number, vintage_before, shown_from, is_newest, base_permaslug,
        max(rank) filter (not is_before) as rank,
        max(share) filter (not is_before) as share,
        max(rank) filter (is_before) as rank_before,
        max(share) filter (is_before) as share_before
    from sides
    group by all
),
moved as (
    select
        placed.*, share_change_pp, passes_within,
        least(top, depth) as top,
        coalesce(rank <= least(top, depth), false) as is_in,
        coalesce(rank_before <= least(top, depth), false) as was_in
    from placed
    join comparable using (series, week_start, vintage_number, vintage_before)
    join thresholds using (series, base_permaslug)
    where is_followed
),
passed as (
    -- Below before, above now. Ties are no pass.
    select
        risen.series, risen.week_start, risen.vintage_number, risen.vintage_before, risen.base_permaslug,
        array_agg(other.base_permaslug order by other.rank_before, other.base_permaslug) as other_models
    from moved as risen
    join placed as other using (series, week_start, vintage_number, vintage_before)
    where risen.is_in
        and other.rank_before <= risen.top
        and other.rank_before < coalesce(risen.rank_before, other.rank_before + 1)
        and risen.rank < coalesce(other.rank, risen.rank + 1)
    group by all
),
kinds as (
    select *, unnest(list_filter([
        case when is_in and not was_in then 'enters_top' end,
        case when was_in and not is_in then 'leaves_top' end,
        -- Whom others leave the place to has not risen.
        case when is_in and was_in and rank < rank_before and rank <= passes_within and other_models is not null
            then 'passes' end,
        -- Rounded, as a difference of fractions falls a hair short of what it is.
        case when round(abs(100 * (share - share_before)), 9) >= share_change_pp then 'share_change' end
    ], lambda kind: kind is not null)) as event_kind
    from moved
    left join passed using (series, week_start, vintage_number, vintage_before, base_permaslug)
),
first_shown as (
    select series, week_start, base_permaslug, event_kind, min(shown_from) as known_from
    from kinds
    group by all
),
orders as (
    select
        series, week_start,
        array_agg(share order by share desc) filter (share is not null) as shares,
        array_agg(share_before order by share_before desc) filter (share_before is not null) as shares_before
    from placed
    where is_newest
    group by all
),
level as (
    -- Which models the sample does not separate from one, by the span of its rank.
    select
        one.week_start, one.base_permaslug,
        array_agg(other.base_permaslug order by other.coding_rank, other.base_permaslug) as level_models,
        any_value(one.rank_lower_estimate) as first_rank,
        max(greatest(one.coding_rank, other.coding_rank)) as last_rank
    from marts.coding_share_error_weekly as one
    join marts.coding_share_error_weekly as other using (week_start)
    where not one.rank_is_resolved
        and other.base_permaslug <> one.base_permaslug
        and other.coding_rank between one.rank_lower_estimate and coalesce(one.rank_upper_estimate, other.coding_rank)
    group by one.week_start, one.base_permaslug
),
told_apart as (
    -- Of coding alone the error is known.
    select
        'category_week/programming' as series, week_start, base_permaslug, coding_token_share_standard_error_estimate, resolved_from_z,
        level_models, first_rank, last_rank
    from marts.coding_share_error_weekly
    left join level using (week_start, base_permaslug)
),
newest as (
    select
        kinds.*, known_from, now.capture, now.retrieved_at, now.citation,
        before.retrieved_at as previous_retrieved_at,
        before.citation as previous_citation,
        now.is_provisional or before.is_provisional as is_provisional,
        substr(series, strpos(series, '/') + 1) as category,
        case when category = 'programming' then 'coding' else category end as category_said,
        printf('%.1f %%', 100 * share) as share_said,
        if(top = 10, 'ten', top::varchar) as top_said,
        coalesce(
            'rank ' || rank_before || ' with ' || printf('%.1f %%', 100 * share_before), 'not listed'
        ) as before_said,
        -- What a model that is not listed may have all the same, and what the last of the first has.
        bounds.block_token_share_upper as share_upper,
        bounds_before.block_token_share_upper as share_upper_before,
        shares[top] as last_share, shares_before[top] as last_share_before,
        -- On whom the event turns and which ones the sample does not separate from it, this week and the week before.
        case when event_kind = 'passes' then list_filter(now_told.level_models, lambda one: list_contains(other_models, one))
            when now_told.first_rank <= top and now_told.last_rank > top then now_told.level_models
        end as level_models,
        case when event_kind = 'passes' then list_filter(before_told.level_models, lambda one: list_contains(other_models, one))
            when before_told.first_rank <= top and before_told.last_rank > top then before_told.level_models
        end as level_models_before,
        'rank ' || now_told.first_rank || ' to ' || now_told.last_rank as span_said,
        'rank ' || before_told.first_rank || ' to ' || before_told.last_rank as span_before_said,
        abs(share - share_before) / sqrt(
            now_told.coding_token_share_standard_error_estimate ^ 2 + before_told.coding_token_share_standard_error_estimate ^ 2
        ) as change_z,
        now_told.resolved_from_z
    from kinds
    join first_shown using (series, week_start, base_permaslug, event_kind)
    join orders using (series, week_start)
    join core.newest_blocks as now on now.series = kinds.series and now.period_start = week_start
    join core.newest_blocks as before on before.series = kinds.series and before.period_start = week_start - 7
    left join core.model_shares_weekly as bounds using (series, week_start, base_permaslug)
    left join core.model_shares_weekly as bounds_before
        on bounds_before.series = kinds.series
        and bounds_before.week_start = kinds.week_start - 7
        and bounds_before.base_permaslug = kinds.base_permaslug
    left join told_apart as now_told
        on now_told.series = kinds.series
        and now_told.week_start = kinds.week_start
        and now_told.base_permaslug = kinds.base_permaslug
    left join told_apart as before_told
        on before_told.series = kinds.series
        and before_told.week_start = kinds.week_start - 7
        and before_told.base_permaslug = kinds.base_permaslug
    where is_newest
),
weekly as (
    select
        event_kind, concat_ws('/', event_kind, series, week_start, base_permaslug) as event_id,
        series, category, week_start as period_start, base_permaslug,
        case when event_kind in ('enters_top', 'passes') then coalesce(other_models, []) else [] end as other_models,
        case when event_kind = 'share_change' then share else rank::double end as value,
        case when event_kind = 'share_change' then share_before else rank_before::double end as previous_value,
        case when event_kind = 'share_change' then 'share of the category, 0-1' else 'rank' end as unit,
        known_from, is_provisional,
        base_permaslug || case event_kind
            when 'enters_top' then ' enters the top ' || top_said || ' in ' || category_said
                || ': rank ' || rank || ' with ' || share_said
            when 'leaves_top' then ' leaves the top ' || top_said || ' in ' || category_said || ': ' || coalesce(
                'rank ' || rank || ' with ' || share_said,
                'not listed, so at most ' || printf('%.1f %%', 100 * share_upper)
            )
            when 'passes' then if(rank = 1, ' takes the lead from ', ' passes ') || array_to_string(other_models[:3], ', ') || case
                when len(other_models) > 3 then ' and ' || len(other_models) - 3 || ' more' else ''
            end || ' in ' || category_said || ': rank ' || rank || ' with ' || share_said
            when 'share_change' then case when share > share_before then ' gains ' else ' loses ' end
                || printf('%.1f', abs(100 * (share - share_before))) || ' percentage points of ' || category_said || ': rank ' || rank
                || ' with ' || share_said
        end || ' in the week of ' || written_day(week_start) || ', ' || before_said || ' the week before' as title,
        'Weeks are sampled estimates, of which shares and ranks mean something and levels do not.' || case
            when capture = 'top9'
                then ' Recorded weeks were cut at nine models: who is not listed is below them, and nothing more is known.'
            else ''
        end || case
            when event_kind = 'share_change' then coalesce(
                case when change_z < resolved_from_z then ' The sample does not tell this change from none: z '
                    || printf('%.1f', change_z) || '.' end, ''
            )
            else coalesce(
                ' In that week the sample shows it about level with ' || array_to_string(nullif(level_models, [])[:3], ', ')
                || ': ' || span_said || '.', ''
            ) || coalesce(
                ' In the week before the sample shows it about level with '
                || array_to_string(nullif(level_models_before, [])[:3], ', ') || ': ' || span_before_said || '.', ''
            )
        end as evidence,
        'from core.model_shares_weekly where series = ''' || series || ''' and week_start in (''' || week_start - 7
            || ''', ''' || week_start || ''') and base_permaslug = ''' || replace(base_permaslug, '''', '''''') || ''''
            as evidence_query,
        capture, retrieved_at, citation, previous_retrieved_at, previous_citation
    from newest
    -- Where variants that are not listed could bring the model among the first, it is not known whether it was.
    where case event_kind
        when 'leaves_top' then rank is not null or share_upper <= last_share
        when 'enters_top' then rank_before is not null or coalesce(share_upper_before <= last_share_before, true)
        else true
    end
),
rereadings as (
    select
        vintages.series, vintages.period_start, vintages.vintage_number, vintages.vintage_before,
        vintages.shown_from as known_from, now.base_permaslug,
        before.tokens as tokens_before, now.tokens, now.tokens / before.tokens - 1 as change
    from vintages
    join listed as now using (series, period_start, vintage_number)
    join listed as before
        on before.series = now.series
        and before.period_start = now.period_start
        and before.vintage_number = vintages.vintage_before
        and before.base_permaslug = now.base_permaslug
    join thresholds on thresholds.series = now.series and thresholds.base_permaslug = now.base_permaslug
    where vintages.capture = capture_before and is_followed and round(abs(now.tokens / before.tokens - 1), 9) > restated_change
),
restated as (
    -- A block is read as a whole: what one fetch changed of it is one event.
    select
        series, period_start, vintage_number, vintage_before, known_from,
        count(*) as models,
        array_agg(base_permaslug order by abs(change) desc, base_permaslug) as base_permaslugs,
        arg_max(tokens_before, (abs(change), base_permaslug)) as tokens_before,
        arg_max(tokens, (abs(change), base_permaslug)) as tokens
    from rereadings
    group by all
),
confirmed as (
    -- Each vintage with the last fetch that gave it.
    select series, period_start, vintage_number, readings.capture, retrieved_at, citation
    from core.block_vintages as vintages
    join core.readings using (series, period_start, vintage_number)
    join followed using (series)
    where retrieved_at = last_read_at
),
restatements as (
    select
        'restated' as event_kind,
        concat_ws('/', 'restated', series, period_start, strftime(known_from, '%Y-%m-%dT%H:%M:%S.%fZ')) as event_id,
        series, case when series <> 'usage_day' then substr(series, strpos(series, '/') + 1) end as category, period_start,
        base_permaslugs[1] as base_permaslug, base_permaslugs[2:] as other_models,
        tokens::double as value, tokens_before::double as previous_value, 'tokens' as unit, known_from,
        -- Of the figures that it names: what was restated again before it was final never became so.
        final_from is null or final_from > now.retrieved_at as is_provisional,
        base_permaslugs[1] || case when series = 'usage_day' then ' on ' else ' in ' || category || ' in the week of ' end
            || written_day(period_start) || ' is restated by ' || printf('%+.1f %%', 100 * (tokens / tokens_before - 1)) || ', from '
            || tokens_before || ' to ' || tokens || ' tokens' || case
                when models > 1 then ', and ' || models - 1 || ' more by less' else ''
            end as title,
        'Changed by the reading of ' || strftime(known_from, '%Y-%m-%d %H:%M UTC') || ', '
            || round((epoch(known_from) - epoch(closes_at)) / 3600)::bigint
            || ' hours after the close; the model that changed most is named, others beyond their threshold are in other_models.' as evidence,
        'from core.block_row_vintages where series = ''' || series || ''' and period_start = ''' || period_start
            || ''' and base_permaslug = ''' || replace(base_permaslugs[1], '''', '''''') || '''' as evidence_query,
        now.capture, now.retrieved_at, now.citation,
        before.retrieved_at as previous_retrieved_at,
        before.citation as previous_citation
    from restated
    join core.blocks using (series, period_start)
    join confirmed as now using (series, period_start, vintage_number)
    join confirmed as before
        on before.series = restated.series
        and before.period_start = restated.period_start
        and before.vintage_number = restated.vintage_before
),
unknown as (
    select
        base_permaslug,
        concat_ws(', ',
            case when canonical_author is null then 'author' end,
            case when country is null then 'country' end,
            case when has_open_weights is null then 'open weights' end
        ) as missing
    from core.models
    where not is_stealth and not is_router and (canonical_author is null or country is null or has_open_weights is null)
),
periods as (
    select series, period_start, lag(period_start) over (partition by series order by period_start) as period_before
    from (select distinct series, period_start from vintages)
),
periods_read as (
    -- With the period before, where that was read, too: between two such days lies nothing but what the source lacks.
    select
        series, period_start,
        case
            when series = 'usage_day' and period_start - period_before - 1 = (
                select count(*) from reference.known_holes where usage_date > period_before and usage_date < period_start
            ) then period_before
            when series <> 'usage_day' and period_start - period_before = 7 then period_before
        end as period_before
    from periods
),
listed_periods as (
    select base_permaslug, series, period_start, min(shown_from) as known_from, max(share) filter (shown_to is null) as share
    from listed
    join thresholds using (series, base_permaslug)
    where is_followed
    group by all
),
first_listings as (
    select base_permaslug, series, period_start, known_from, share, period_before
    from listed_periods
    join periods_read using (series, period_start)
    where share is not null
    qualify row_number() over (partition by base_permaslug order by period_start, series <> 'usage_day', series) = 1
        -- What the first period read lists may be old.
        and period_start > min(period_start) over (partition by series)
),
unclassified as (
    select
        'unclassified' as event_kind, concat_ws('/', 'unclassified', base_permaslug) as event_id,
        series, case when series <> 'usage_day' then substr(series, strpos(series, '/') + 1) end as category,
        period_start, base_permaslug, []::varchar[] as other_models,
        share as value, null::double as previous_value, 'share of the block, 0-1' as unit, known_from,
        now.is_provisional or coalesce(before.is_provisional, false) as is_provisional,
        base_permaslug || ' is unclassified: no ' || missing || ' known; '
            || case when period_before is not null then 'first ' else '' end || 'listed '
            || case when series = 'usage_day' then 'on ' else 'in ' || category || ' in the week of ' end
            || written_day(period_start) || ' with ' || printf('%.1f %%', 100 * share)
            || case
                when period_before is not null then ''
                when series = 'usage_day' then ' (the day before was not fetched)'
                else ' (the week before was not fetched)'
            end as title,
        'Where a maker, country or kind of weights is asked for, it is counted as unclassified, until a line in '
            || 'warehouse/reference or a catalogue says more.' as evidence,
        'from core.models where base_permaslug = ''' || replace(base_permaslug, '''', '''''') || '''' as evidence_query,
        now.capture, now.retrieved_at, now.citation,
        before.retrieved_at as previous_retrieved_at,
        before.citation as previous_citation
    from first_listings
    join unknown using (base_permaslug)
    join core.newest_blocks as now using (series, period_start)
    left join core.newest_blocks as before
        on before.series = first_listings.series and before.period_start = first_listings.period_before
),
stealth_days as (
    select
        series, period_start, base_permaslug, min(shown_from) as known_from,
        lag(period_start) over (partition by base_permaslug order by period_start) as stealth_day_before
    from listed
    join thresholds using (series, base_permaslug)
    join core.models using (base_permaslug)
    where series = 'usage_day' and is_stealth and is_followed and share >= stealth_share
    group by series, period_start, base_permaslug
    having bool_or(shown_to is null)
),
arisen as (
    -- It comes and goes: reported again only after seven days without it. Where the day before was not read, it may have been
    -- there for long.
    select series, period_start, base_permaslug, known_from, period_before
    from stealth_days
    join periods_read using (series, period_start)
    where period_before is not null and coalesce(period_start - stealth_day_before > 7, true)
),
days_shown as (
    select series, period_start, min(shown_from) as shown_from
    from vintages
    where series = 'usage_day'
    group by all
),
days_before as (
    -- Of the seven days before, how many were not read though they exist, and the newest fetch of all others; and since when
    -- the day before is known.
    select
        arisen.period_start, arisen.base_permaslug,
        greatest(arisen.known_from, max(shown_from) filter (before.period_start = period_before)) as known_from,
        7 - count(*) filter (before.period_start not in (select usage_date from reference.known_holes)) - (
            select count(*)
            from reference.known_holes
            where usage_date between arisen.period_start - 7 and arisen.period_start - 1
        ) as unread_days,
        bool_or(blocks.is_provisional) as may_still_move,
        max(struct_pack(at := retrieved_at, line := citation)) as newest
    from arisen
    join days_shown as before
        on before.series = arisen.series
        and before.period_start between arisen.period_start - 7 and arisen.period_start - 1
    join core.newest_blocks as blocks on blocks.series = before.series and blocks.period_start = before.period_start
    group by arisen.period_start, arisen.base_permaslug, arisen.known_from
),
stealth_shares as (
    select
        usage_date as period_start, base_permaslug, known_from, unread_days,
        is_provisional or may_still_move as is_provisional,
        capture, retrieved_at, citation,
        newest.at as previous_retrieved_at,
        newest.line as previous_citation,
        sum(platform_token_share) as share
    from days_before
    join core.model_usage_daily as days using (base_permaslug)
    where usage_date = period_start
    group by all
),
stealth as (
    select
        'stealth' as event_kind, concat_ws('/', 'stealth', 'usage_day', period_start, base_permaslug) as event_id,
        'usage_day' as series, null::varchar as category, period_start, base_permaslug, []::varchar[] as other_models,
        share as value, null::double as previous_value, 'share of the platform, 0-1' as unit, known_from, is_provisional,
        base_permaslug || ', offered without its maker''s name, has ' || printf('%.1f %%', 100 * share)
            || ' of the platform on ' || written_day(period_start) as title,
        'Not so much on any of the seven days before'
            || case when unread_days > 0 then ', ' || unread_days || ' of which were not fetched' else '' end
            || '.' as evidence,
        'from core.model_usage_daily where usage_date = ''' || period_start || ''' and base_permaslug = '''
            || replace(base_permaslug, '''', '''''') || '''' as evidence_query,
        capture, retrieved_at, citation, previous_retrieved_at, previous_citation
    from stealth_shares
),
contract_now as (
    select retrieved_at, capture, citation
    from core.newest_blocks
    where series = 'contract'
),
known_differences as (
    -- What OpenRouter documents and this version does not know, and the reverse, since the fetch that first showed it.
    select true as is_documented, endpoint, documented_part, documented_value, known_from
    from core.documented_api_vintages
    anti join reference.known_api using (endpoint, documented_part, documented_value)
    where known_to is null and is_listed
    union all
    select
        false as is_documented, endpoint, documented_part, documented_value,
        coalesce(known_from, (select min(retrieved_at) from core.readings where series = 'contract')) as known_from
    from reference.known_api
    left join (
        select endpoint, documented_part, documented_value, known_from, is_listed
        from core.documented_api_vintages
        where known_to is null
    ) using (endpoint, documented_part, documented_value)
    where not coalesce(is_listed, false)
),
differences as (
    -- What is within an endpoint, parameter or field that comes or goes as a whole is not reported besides.
    select is_documented, endpoint, documented_part, documented_value, known_from
    from known_differences as one
    where not exists (
        from known_differences as whole
        where whole.is_documented = one.is_documented
            and whole.endpoint = one.endpoint
            and case whole.documented_part
                when 'endpoint' then one.documented_part <> 'endpoint'
                when 'parameter' then one.documented_part = 'value of ' || whole.documented_value
                when 'field' then one.documented_part in ('field', 'required field')
                    and (
                        starts_with(one.documented_value, whole.documented_value || '.')
                        or (one.documented_part = 'required field' and one.documented_value = whole.documented_value)
                    )
                else false
            end
    )
),
contract_changes as (
    select
        if(is_documented, 'documented', 'no_longer_documented') as event_kind,
        event_kind || concat_ws('/', endpoint, documented_part, documented_value, timezone('UTC', known_from)::date) as event_id,
        'contract' as series, null::varchar as category, timezone('UTC', known_from)::date as period_start,
        null::varchar as base_permaslug, []::varchar[] as other_models,
        null::double as value, null::double as previous_value, null::varchar as unit, known_from, false as is_provisional,
        'OpenRouter ' || if(is_documented, 'documents a new ', 'no longer documents the ') || case
            when documented_part = 'endpoint' then 'endpoint: ' || endpoint
            when starts_with(documented_part, 'value of ')
                then replace(substr(documented_part, length('value of ') + 1), '_', ' ') || ': ' || documented_value
                    || ', for ' || endpoint
            else documented_part || ': ' || documented_value || ', of ' || endpoint
        end as title,
        'First seen in the OpenAPI document fetched on ' || strftime(known_from, '%Y-%m-%d %H:%M UTC')
            || '. What to do: docs/extend.md, "A new value that OpenRouter documents".' as evidence,
        'from core.documented_api_vintages where endpoint = ''' || replace(endpoint, '''', '''''') || ''' and documented_part = '''
            || replace(documented_part, '''', '''''') || '''' as evidence_query,
        capture, retrieved_at, citation,
        null::timestamptz as previous_retrieved_at, null::varchar as previous_citation
    from differences
    join contract_now on true
),
events as (
    from weekly
    union all by name
    from restatements
    union all by name
    from unclassified
    union all by name
    from stealth
    union all by name
    from contract_changes
)
select
    event_id, event_kind, series, category, period_start, base_permaslug, split_part(base_permaslug, '/', 1) as author,
    other_models, value, previous_value, unit, known_from, is_provisional, title, evidence, evidence_query,
    retrieved_at, capture, citation, previous_retrieved_at, previous_citation
from events
