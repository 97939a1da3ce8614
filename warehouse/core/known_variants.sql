-- Which variants of models the file knows, from which fetch on, and since when the catalogue shows that one is gone.
-- Whatever was fetched later changes nothing of what was known by an instant.
with listed as (
    select
        series, period_start, vintage_number, vintages.capture, model_permaslug, base_permaslug, variant, total_tokens,
        known_from, known_to, least(known_from, closes_at) as used_until
    from core.block_vintages as vintages
    join core.blocks using (series, period_start)
    join raw.block_rows using (series, period_start, block_hash)
    where not is_other
),
listed_before as (
    select series, period_start, vintage_number + 1 as vintage_number, capture, model_permaslug, total_tokens
    from listed
    where known_to is not null
),
listings as (
    -- What a block lists was in use in its period, as far as that had passed. These are the lines of core.block_row_vintages
    -- that list something, without their ends: for 365 daily runs 1.4 s of CPU and 250 MB in place of 2.1 s and 400 MB.
    select model_permaslug, base_permaslug, variant, known_from as known_at, used_until
    from listed
    anti join listed_before using (series, period_start, vintage_number, capture, model_permaslug, total_tokens)
    union all
    select
        model_permaslug, base_permaslug, variant, known_from as known_at,
        if(starts_with(series, 'benchmarks/'), known_from, least(known_from, closes_at)) as used_until
    from core.block_vintages
    join core.blocks using (series, period_start)
    join (
        select distinct block_hash, model_permaslug, base_permaslug, variant
        from raw.task_rows
        where model_permaslug <> '*'
        union all
        select distinct block_hash, model_permaslug, base_permaslug, variant
        from raw.session_cost_rows
        union all
        select block_hash, model_permaslug, base_permaslug, variant
        from raw.benchmark_rows
    ) using (block_hash)
),

-- The catalogue: spans of its fetches that list a variant, and fetches that can show that one is missing.
entries as (
    select
        canonical_slug || case when variant = 'default' then '' else ':' || variant end as model_permaslug,
        base_permaslug, variant, known_from, known_to
    from core.model_catalogue_vintages
),
entries_in_order as (
    -- An entry changes in other things than its being there, and two may have one name.
    select
        *,
        coalesce(known_from > max(coalesce(known_to, 'infinity'::timestamptz)) over (
            partition by model_permaslug order by known_from rows between unbounded preceding and 1 preceding
        ), true) as starts_span
    from entries
),
catalogue_spans as (
    select
        model_permaslug, base_permaslug, variant,
        min(known_from) as listed_from,
        arg_max_null(known_to, coalesce(known_to, 'infinity'::timestamptz)) as listed_to
    from (
        select *, count_if(starts_span) over (partition by model_permaslug order by known_from) as span_number
        from entries_in_order
    )
    group by model_permaslug, base_permaslug, variant, span_number
),
models_in_catalogue as (
    -- A model that no catalogue has ever listed is not of the kind that it lists: its absence says nothing.
    select base_permaslug, min(listed_from) as first_in_catalogue
    from catalogue_spans
    group by all
),
first_whole_catalogue as (
    select min(retrieved_at) as first_whole_at
    from core.readings
    where series = 'models/all'
),
telling_catalogues as (
    -- A catalogue that lists no variant of that name at all, such as `online`, says nothing of any; one of which an entry
    -- could not be read may have listed anything.
    select distinct
        retrieved_at as read_at,
        case when contains(id, ':') then substr(id, strpos(id, ':') + 1) else 'default' end as variant
    from core.readings
    cross join first_whole_catalogue
    join raw.catalogue_rows using (block_hash)
    where (series = 'models/all' or first_whole_at is null or retrieved_at < first_whole_at)
        and (series, retrieved_at) not in (select series, retrieved_at from raw.quarantine where row_content <> '')
),

-- What was known after each fetch that showed something new.
changes as (
    select model_permaslug, base_permaslug, variant, known_at, used_until, null as is_in_catalogue
    from listings
    union all
    select model_permaslug, base_permaslug, variant, listed_from, null, true
    from catalogue_spans
    union all
    select model_permaslug, base_permaslug, variant, listed_to, null, false
    from catalogue_spans
    where listed_to is not null
),
changes_by_reading as (
    select
        model_permaslug, base_permaslug, variant, known_at,
        max(used_until) as used_until,
        bool_or(is_in_catalogue) as is_in_catalogue
    from changes
    group by all
),
states as (
    select
        model_permaslug, base_permaslug, variant, known_at,
        coalesce(last_value(is_in_catalogue ignore nulls) over history, false) as is_in_catalogue,
        max(used_until) over history as used_until,
        max(known_at) filter (not is_in_catalogue) over history as left_catalogue_at
    from changes_by_reading
    window history as (partition by model_permaslug order by known_at)
),
absences as (
    select
        *,
        -- From then on a catalogue without it shows that it is gone.
        case when not is_in_catalogue and first_in_catalogue is not null
            then greatest(used_until, left_catalogue_at, first_in_catalogue)
        end as absent_from
    from states
    left join models_in_catalogue using (base_permaslug)
),
departures as (
    select
        model_permaslug, base_permaslug, absences.variant, known_at,
        -- Not where something that was fetched before lists it again.
        case when absent_from is not null and read_at < coalesce(
            lead(known_at) over (partition by model_permaslug order by known_at), 'infinity'::timestamptz
        ) then read_at end as gone_from
    from absences
    asof left join telling_catalogues
        on absences.variant = telling_catalogues.variant and absences.absent_from <= telling_catalogues.read_at
),
spans as (
    select model_permaslug, base_permaslug, variant, known_at, gone_from
    from departures
    window history as (partition by model_permaslug order by known_at)
    qualify row_number() over history = 1 or gone_from is distinct from lag(gone_from) over history
)
select
    model_permaslug, base_permaslug, variant,
    known_at as known_from,
    lead(known_at) over (partition by model_permaslug order by known_at) as known_to,
    gone_from
from spans
