-- Who made each model, from the CSVs and the catalogue. What neither knows is NULL: unknown, and no error.
with listings as (
    select
        split_part(model_permaslug, ':', 1) as base_permaslug,
        min(period_start) as first_listed_on,
        max(period_start) as last_listed_on
    from core.block_row_vintages
    where is_listed and model_permaslug <> 'other'
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
