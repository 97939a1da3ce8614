-- A line per changed value of a row of a snapshot. A block is complete: a row missing from the next version has left.
with first_whole_catalogue as (
    select min(retrieved_at) as retrieved_at
    from core.readings
    where series = 'models/all'
),
snapshots as (
    -- The catalogue is one, whichever part of it was requested; its text models alone say nothing once all of it was fetched.
    select
        case when series = 'models/all' then 'models' else series end as series,
        period_start, readings.retrieved_at, capture, block_hash
    from core.readings
    left join first_whole_catalogue on true
    where readings.series <> 'models'
        or first_whole_catalogue.retrieved_at is null
        or readings.retrieved_at < first_whole_catalogue.retrieved_at
),
versions as (
    select
        series, period_start, capture, block_hash,
        retrieved_at as known_from,
        row_number() over block as version_number,
        lead(retrieved_at) over block as known_to
    from (
        select *
        from snapshots
        where block_hash in (select block_hash from core.snapshot_rows)
        qualify block_hash is distinct from lag(block_hash) over (
            partition by series, period_start order by retrieved_at
        )
    )
    window block as (partition by series, period_start order by retrieved_at)
),
neighbours as (
    select
        *,
        lag(version_number) over history as version_before,
        lag(row_hash) over history as hash_before,
        lead(version_number) over history as version_after
    from versions
    join core.snapshot_rows using (block_hash)
    window history as (partition by series, period_start, row_key order by version_number)
),
lines as (
    select series, period_start, row_key, capture, block_hash, known_from, true as is_listed
    from neighbours
    where version_before is distinct from version_number - 1 or hash_before <> row_hash
    union all
    -- Under the hash of the last version that had it: what the row was about is there.
    select series, period_start, row_key, capture, block_hash, known_to as known_from, false as is_listed
    from neighbours
    where known_to is not null and version_after is distinct from version_number + 1
)
select
    series, period_start, row_key, capture, block_hash, known_from,
    lead(known_from) over (partition by series, period_start, row_key order by known_from) as known_to,
    is_listed
from lines
