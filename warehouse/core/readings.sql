-- Which fetches count, in order, and which vintage each belongs to.
with one_per_instant as (
    -- Overlapping requests may read a block twice at one instant, which is one fetch. Two contents at one instant cannot
    -- both be the block: the greater hash is kept, so that order of import does not matter.
    select series, period_start, retrieved_at, capture, block_hash, as_of, is_simulated, source_citation
    from raw.readings
    qualify row_number() over (
        partition by series, period_start, retrieved_at order by capture, block_hash desc, as_of desc, exchange_id
    ) = 1
),
counting as (
    -- A block cut at nine models never replaces one that the interface gave.
    select *
    from one_per_instant
    qualify capture = 'api' or coalesce(
        min(retrieved_at) filter (capture = 'api') over (partition by series, period_start) > retrieved_at, true
    )
),
compared as (
    select
        *,
        (capture, block_hash) is distinct from lag((capture, block_hash)) over (
            partition by series, period_start order by retrieved_at
        ) as starts_vintage,
        -- Most responses say when they were given; some name the day or the edition of what they hold, and then it is our clock
        -- that separates one fetch from the next. Longer than this our clock and the source's never differ.
        abs(epoch(retrieved_at) - epoch(as_of)) <= 600 as says_when_given
    from counting
),
cited as (
    select
        *,
        case when says_when_given then date_trunc('second', as_of)
            else date_trunc('second', retrieved_at + interval 999999 microseconds) end as cited_at
    from compared
)
select
    series, period_start, retrieved_at, capture, block_hash,
    (count_if(starts_vintage) over (
        partition by series, period_start order by retrieved_at
    ))::bigint as vintage_number,
    as_of, is_simulated, cited_at,
    case
        -- The line that the source itself requires; the simulator's says that it is simulated.
        when source_citation is not null then rtrim(source_citation, '.') || ', as of '
        when is_simulated then 'SIMULATED, not OpenRouter data, as of '
        -- A notice that the source words itself is printed as it is, with when it was fetched after it.
        when ends_with(cited_as, '.') then cited_as || ' Fetched '
        else cited_as || ', as of '
    end || case
        when says_when_given then strftime(cited_at, '%Y-%m-%dT%H:%M:%SZ')
        else strftime(as_of, if(is_dated_by_day, '%Y-%m-%d', '%Y-%m-%dT%H:%M:%SZ'))
            || ', fetched ' || strftime(cited_at, '%Y-%m-%dT%H:%M:%SZ')
    end || '.'
    -- The sentence that the source requires beside its datasets. For its catalogue and for scores no licence was found.
    || case when is_simulated or licence is null or contains(cited_as, licence) then '' else ' Licensed under ' || licence || '.' end as citation
from cited
join reference.series using (series)
