-- Who made each model, from the CSVs and the catalogue. What neither knows is NULL: unknown, and no error.
with listed_periods as (
    -- The days of each newest block that lists the model; of a block read while its period ran, those until then.
    select distinct base_permaslug, period_start, period_end
    from raw.block_rows
    join (
        select
            series, period_start, block_hash,
            timezone('UTC', least(closes_at - interval 1 day, greatest(retrieved_at, timezone('UTC', period_start::timestamp))))::date
                as period_end
        from core.newest_blocks
        join core.blocks using (series, period_start)
    ) using (series, period_start, block_hash)
    where not is_other
),
listings as (
    -- On which of its days a week or month lists the model is not known: a day within it is the better witness.
    select
        base_permaslug,
        arg_min(period_start, (period_end, -(period_start - date '2000-01-01'))) as first_listed_on,
        arg_max(period_end, (period_start, -(period_end - date '2000-01-01'))) as last_listed_on
    from listed_periods
    group by all
),
weights as (
    select base_permaslug, has_open_weights
    from core.model_weights
    where valid_to is null
)
select
    base_permaslug, kinds.author, authors.canonical_author, authors.maker, authors.country, has_open_weights,
    is_stealth, is_router, first_listed_on, last_listed_on
from core.model_kinds as kinds
left join weights using (base_permaslug)
left join listings using (base_permaslug)
left join reference.authors on authors.author = kinds.author
