-- Which names are of a maker's model: a stealth model is one whose maker is not named, a router passes requests on to models.
with listed as (
    select distinct base_permaslug
    from core.block_vintage_rows
    where model_permaslug <> 'other'
),
catalogued as (
    select
        base_permaslug,
        -- By the newest entry: a price of -1 varies with the model that a request is passed on to.
        arg_max(varies, (known_from, varies)) as has_varying_price
    from (
        select base_permaslug, known_from, coalesce(prompt_usd_per_unit = -1, false) as varies
        from core.model_catalogue_vintages
    )
    group by base_permaslug
),
named as (
    select
        base_permaslug, split_part(base_permaslug, '/', 1) as author,
        base_permaslug in (select base_permaslug from reference.routers)
        or base_permaslug like '~%'
        or coalesce(has_varying_price, false) as is_known_router,
        base_permaslug in (select base_permaslug from reference.stealth_models)
        or author = 'stealth'
        or (author = 'openrouter' and (base_permaslug like '%-alpha' or base_permaslug like '%-beta')) as has_stealth_name
    from listed
    full join catalogued using (base_permaslug)
)
select
    base_permaslug, author,
    has_stealth_name and not is_known_router as is_stealth,
    -- OpenRouter makes no models: what it offers under its own name and does not hide a maker behind is a router.
    is_known_router or (author = 'openrouter' and not has_stealth_name) as is_router
from named
