-- A model variant has one price at a time, and no two spans in a row with the same one.
with spans as (
    select
        model_permaslug, known_from, known_to, price_unit, prompt_usd_per_million, completion_usd_per_million,
        lead(known_from) over history as next_known_from,
        lead((price_unit, prompt_usd_per_million, completion_usd_per_million)) over history as next_price
    from core.model_prices
    window history as (partition by model_permaslug order by known_from)
)
select model_permaslug, known_from, known_to, next_known_from
from spans
where next_known_from is not null
    and (
        known_to is null
        or known_to > next_known_from
        or (
            known_to = next_known_from
            and next_price is not distinct from (price_unit, prompt_usd_per_million, completion_usd_per_million)
        )
    )
