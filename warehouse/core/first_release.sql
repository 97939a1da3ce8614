-- core.block_rows of one series as they were first fetched at or after the close of their period. A name that is not a series raises
-- an error: no rows would read like a series that was never fetched.
with known as (
    select case
        when count(*) = 0 then error('''' || series || ''' is not a series of reference.series: expected one such as ''usage_day''')
        else any_value(known_series.series)
    end as series
    from reference.series as known_series
    where known_series.series = series
),
first_readings as (
    select
        readings.series, readings.period_start, readings.block_hash, readings.vintage_number, readings.retrieved_at,
        readings.capture, readings.citation, blocks.final_from
    from known
    join core.readings as readings on readings.series = known.series
    join core.blocks as blocks on blocks.series = readings.series and blocks.period_start = readings.period_start
    where readings.retrieved_at >= blocks.closes_at
    qualify row_number() over (partition by readings.period_start order by readings.retrieved_at) = 1
)
select
    listed.series, listed.period_start, model_permaslug, base_permaslug, variant, author, is_other, total_tokens, rank,
    total_tokens / block_tokens as block_token_share,
    final_from is null or final_from > retrieved_at as is_provisional,
    vintage_number as vintages,
    retrieved_at, capture, citation
from first_readings as first
join raw.block_rows as listed
    on listed.series = first.series and listed.period_start = first.period_start and listed.block_hash = first.block_hash
