-- The events that a reader of the story wants, newest period first. Which kinds these are is decided here, and nowhere else:
-- restated figures, unclassified models and changes of the API documentation concern only who runs the pipeline.
with kinds (event_kind, label) as (
    values
        ('release', 'release'),
        ('enters_top', 'entry'),
        ('passes', 'rank'),
        ('share_change', 'share'),
        ('leaves_top', 'exit'),
        ('price_change', 'list price'),
        ('free_window_end', 'free window'),
        ('stealth', 'model without a maker')
),
family as (
    select base_permaslug
    from reference.model_lineages
    where lineage = 'minimax-m2'
),
first_fetches as (
    -- When each day was first fetched after it had closed.
    select period_start as usage_date, min(readings.retrieved_at) as known_from
    from core.readings
    join core.blocks using (series, period_start)
    where series = 'usage_day' and readings.retrieved_at >= closes_at
    group by all
),
studied as (
    -- A free window has ended once the seven days after it were fetched.
    select distinct
        event_kind, event_model as base_permaslug, event_on, earliest_event_on, event_retrieved_at, event_citation,
        event_on + if(event_kind = 'free_window_end', 6, 0) as shown_by
    from marts.event_studies
),
dated as (
    select
        studied.event_kind, studied.base_permaslug, event_on as period_start, event_on as last_day, earliest_event_on,
        coalesce(event_retrieved_at, first_fetches.known_from) as known_from,
        event_retrieved_at is not null as is_dated_by_catalogue,
        not is_dated_by_catalogue and coalesce(blocks.is_provisional, false) as is_provisional,
        coalesce(event_citation, blocks.citation) as citation,
        free_days, kept_7d, window_number, last_free_day
    from studied
    left join first_fetches on first_fetches.usage_date = shown_by
    left join core.newest_blocks as blocks on blocks.series = 'usage_day' and blocks.period_start = shown_by
    left join marts.free_windows as windows
        on studied.event_kind = 'free_window_end'
        and windows.base_permaslug = studied.base_permaslug
        and windows.last_free_day = event_on - 1
),
around as (
    select
        case event_kind
            when 'free_window_end' then concat_ws('/', event_kind, base_permaslug, window_number)
            when 'price_change' then concat_ws('/', event_kind, base_permaslug, period_start)
            else concat_ws('/', event_kind, base_permaslug)
        end as event_id,
        event_kind, period_start, last_day, base_permaslug, known_from, is_provisional, citation,
        base_permaslug || case event_kind
            when 'release' then if(is_dated_by_catalogue, ' is released on ', ' is first listed on ')
                || written_day(period_start)
            when 'price_change' then ' has a new list price since ' || written_day(period_start)
            else ' is no longer mostly free from ' || written_day(period_start) || ', after ' || free_days || ' free days'
                || coalesce(': it keeps ' || printf('%.1f %%', 100 * kept_7d) || ' of its share of the platform', '')
        end as title,
        case event_kind
            when 'release' then if(
                is_dated_by_catalogue,
                'The day is the creation date in OpenRouter''s catalogue.',
                'The catalogue has no earlier creation date, so the day is the first one whose ranking lists the model.'
            )
            when 'price_change' then 'The catalogue of ' || written_day(earliest_event_on) || ' still had the old price.'
            else 'A day counts as free where at least 30 % of the listed tokens are free. What it keeps is the share of the '
                || 'seven days after the last free day, divided by the share of the seven days before.'
        end as evidence,
        case event_kind
            when 'free_window_end' then 'from marts.free_windows where base_permaslug = '''
                || replace(base_permaslug, '''', '''''') || ''' and last_free_day = ''' || last_free_day || ''''
            else 'from marts.event_studies where event_kind = ''' || event_kind || ''' and event_model = '''
                || replace(base_permaslug, '''', '''''') || ''' and event_on = ''' || period_start || ''''
        end as evidence_query
    from dated
    where known_from is not null
),
told as (
    select
        event_id, event_kind, period_start,
        if(series = 'usage_day', period_start, period_start + 6) as last_day,
        base_permaslug, known_from, is_provisional, citation, previous_citation, title, evidence, evidence_query
    from marts.events
    union all by name
    from around
)
select
    event_id, event_kind, label, period_start, last_day, base_permaslug, title, evidence, evidence_query,
    known_from, is_provisional, citation, previous_citation,
    base_permaslug in (from family) as is_of_m2_family
from told
join kinds using (event_kind)
order by period_start desc, known_from desc, event_id
