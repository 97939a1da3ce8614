-- Changes after a fetch taken at or after the close. Fetches of different capture are never compared.
with vintages as (
    select
        series, period_start, vintage_number, capture, known_from, block_hash,
        lag(block_hash) over block as hash_before,
        lag(capture) over block as capture_before,
        lag(last_read_at) over block as known_before
    from core.block_vintages
    window block as (partition by series, period_start order by vintage_number)
),
changes as (
    select
        series, period_start, vintage_number, capture, known_before, known_from as known_after, closes_at
    from vintages
    join core.blocks using (series, period_start)
    where capture_before = capture and is_restated(hash_before, block_hash, known_before, closes_at)
),
compared as (
    select series, period_start, known_after, vintage_number - 1 as vintage_number, true as is_before
    from changes
    union all
    select series, period_start, known_after, vintage_number, false as is_before
    from changes
),
lines as (
    -- Each row of the two blocks of a change that differs; one that is in one of them alone has no tokens in the other.
    select
        series, period_start, known_after, model_permaslug,
        any_value(total_tokens) filter (is_before) as tokens_before,
        any_value(total_tokens) filter (not is_before) as tokens_after
    from compared
    join core.block_vintage_rows using (series, period_start, vintage_number)
    group by all
    having tokens_before is distinct from tokens_after
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
