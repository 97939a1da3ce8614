-- Changes after a fetch taken at or after the close. Fetches of different capture are never compared.
with vintages as (
    select
        series, period_start, vintage_number, capture, known_from,
        block_hash,
        lag(block_hash) over block as hash_before,
        lag(capture) over block as capture_before,
        lag(last_read_at) over block as known_before
    from core.block_vintages
    window block as (partition by series, period_start order by vintage_number)
),
changes as (
    select series, period_start, capture, known_before, known_from as known_after, closes_at
    from vintages
    join core.blocks using (series, period_start)
    where capture_before = capture and is_restated(hash_before, block_hash, known_before, closes_at)
),
lines as (
    select
        series, period_start, model_permaslug, known_from as known_after, total_tokens as tokens_after,
        lag(total_tokens) over (
            partition by series, period_start, model_permaslug order by known_from
        ) as tokens_before
    from core.block_row_vintages
)
select
    series, period_start, model_permaslug, tokens_before, tokens_after, known_before, known_after,
    (epoch(known_after) - epoch(closes_at)) / 3600 as hours_after_close,
    lines_of_change.capture, after.citation,
    before.citation as previous_citation
from lines
join changes as lines_of_change using (series, period_start, known_after)
join core.readings as after
    on after.series = lines.series
    and after.period_start = lines.period_start
    and after.retrieved_at = lines.known_after
join core.readings as before
    on before.series = lines.series
    and before.period_start = lines.period_start
    and before.retrieved_at = lines_of_change.known_before
