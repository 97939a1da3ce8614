-- A line per changed value of a row. A block is complete: a row missing from the next vintage has left. Most blocks have one
-- vintage, whose rows are lines as they are.
with vintages as (
    select *, count(*) over (partition by series, period_start) = 1 as is_only_one
    from core.block_vintages
),
listed as (
    select
        series, period_start, model_permaslug, base_permaslug, variant, author, is_other, vintage_number, capture, known_from,
        total_tokens
    from vintages
    join raw.block_rows using (series, period_start, block_hash)
    where not is_only_one
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
changes as (
    select * exclude (vintage_number, vintage_before, tokens_before, capture_before, vintage_after), true as is_listed
    from neighbours
    where vintage_before is distinct from vintage_number - 1
        or tokens_before <> total_tokens
        or capture_before <> capture
    union all by name
    select
        gone.series, gone.period_start, gone.model_permaslug, base_permaslug, variant, author, is_other, next.capture,
        null::bigint as total_tokens, next.known_from, false as is_listed
    from neighbours as gone
    join core.block_vintages as next
        on next.series = gone.series
        and next.period_start = gone.period_start
        and next.vintage_number = gone.vintage_number + 1
    where gone.vintage_after is distinct from gone.vintage_number + 1
)
select
    series, period_start, model_permaslug, base_permaslug, variant, author, is_other, capture, total_tokens, known_from,
    null::timestamptz as known_to, true as is_listed
from vintages
join raw.block_rows using (series, period_start, block_hash)
where is_only_one
union all by name
select *, lead(known_from) over (partition by series, period_start, model_permaslug order by known_from) as known_to
from changes
