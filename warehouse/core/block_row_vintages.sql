-- A line per changed value of a row. A block is complete: a row missing from the next vintage has left.
with listed as (
    select
        series, period_start, model_permaslug, vintage_number, capture, known_from, known_to, total_tokens
    from core.block_vintages
    join raw.block_rows using (series, period_start, block_hash)
),
neighbours as (
    select
        *,
        lag(vintage_number) over history as vintage_before,
        lag(total_tokens) over history as tokens_before,
        lag(capture) over history as capture_before,
        lead(vintage_number) over history as vintage_after
    from listed
    window history as (partition by series, period_start, model_permaslug order by vintage_number)
),
values_given as (
    select series, period_start, model_permaslug, capture, total_tokens, known_from, true as is_listed
    from neighbours
    where vintage_before is distinct from vintage_number - 1
        or tokens_before <> total_tokens
        or capture_before <> capture
),
departures as (
    select
        gone.series, gone.period_start, gone.model_permaslug, next.capture,
        null::bigint as total_tokens, next.known_from, false as is_listed
    from neighbours as gone
    join core.block_vintages as next
        on next.series = gone.series
        and next.period_start = gone.period_start
        and next.vintage_number = gone.vintage_number + 1
    where gone.vintage_after is distinct from gone.vintage_number + 1
),
lines as (
    from values_given
    union all by name
    from departures
)
select
    series, period_start, model_permaslug, base_permaslug, variant, author, is_other,
    capture, total_tokens, known_from,
    lead(known_from) over (
        partition by series, period_start, model_permaslug order by known_from
    ) as known_to,
    is_listed
from lines
join core.model_variants using (model_permaslug)
