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
models as (
    select
        -- Whatever stands in the catalogue has its weights told.
        base_permaslug, split_part(base_permaslug, '/', 1) as author, has_open_weights, first_listed_on, last_listed_on
    from listings
    full join (select base_permaslug, has_open_weights from core.model_weights where valid_to is null) using (base_permaslug)
)
select
    base_permaslug, author, authors.canonical_author, authors.maker, authors.country,
    has_open_weights,
    base_permaslug in (select base_permaslug from reference.stealth_models)
    or base_permaslug like 'openrouter/%-alpha'
    or base_permaslug like 'openrouter/%-beta'
    or author = 'stealth' as is_stealth,
    base_permaslug = 'openrouter/auto' or base_permaslug like '~%-latest' as is_router,
    first_listed_on, last_listed_on
from models
left join reference.authors using (author)
