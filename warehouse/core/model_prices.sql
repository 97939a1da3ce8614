-- What a model's tokens cost by the catalogue, from when to when: a past day is priced at its price, and free is 0. A model is
-- its slug and variant: where the catalogue gives it another id, its history goes on.
with entries as (
    select
        canonical_slug || case when variant = 'default' then '' else ':' || variant end as model_permaslug,
        base_permaslug, variant, id, price_unit, known_from, known_to,
        split_part(variant, ':', 1) = 'free' and price_unit in ('token', 'input token') as is_free,
        -- A negative price is one that varies.
        nullif(prompt_usd_per_token, -1) as prompt_usd_per_token,
        nullif(completion_usd_per_token, -1) as completion_usd_per_token
    from core.model_catalogue_vintages
),
ids as (
    -- Where several ids have one name at once, the one that was there longest counts.
    select
        model_permaslug, id,
        row_number() over (
            partition by model_permaslug order by max(coalesce(known_to, 'infinity'::timestamptz)) desc, min(known_from), id
        ) as precedence
    from entries
    group by model_permaslug, id
),
changes as (
    select model_permaslug, known_from as changed_at
    from entries
    union
    select model_permaslug, known_to as changed_at
    from entries
    where known_to is not null
),
pieces as (
    -- Between two changes of a name's entries the same of them are there.
    select
        model_permaslug, changed_at as known_from,
        lead(changed_at) over (partition by model_permaslug order by changed_at) as known_to
    from changes
),
prices as (
    select
        pieces.model_permaslug, base_permaslug, variant, price_unit, pieces.known_from, pieces.known_to,
        (case when is_free then 0 else 1000000 * prompt_usd_per_token end)::decimal(38, 20) as prompt_usd_per_million,
        -- What has no completion has no price of one, free or not.
        (case when is_free and price_unit = 'token' then 0 else 1000000 * completion_usd_per_token end)::decimal(38, 20)
            as completion_usd_per_million
    from pieces
    join entries
        on entries.model_permaslug = pieces.model_permaslug
        and entries.known_from <= pieces.known_from
        and (entries.known_to is null or entries.known_to > pieces.known_from)
    join ids on ids.model_permaslug = entries.model_permaslug and ids.id = entries.id
    qualify row_number() over (partition by pieces.model_permaslug, pieces.known_from order by precedence) = 1
),
spans as (
    -- An entry changes in other things than its price; and it may have been away.
    select
        *,
        count_if(starts_span) over (partition by model_permaslug order by known_from) as span_number
    from (
        select
            *,
            (price_unit, prompt_usd_per_million, completion_usd_per_million)
            is distinct from lag((price_unit, prompt_usd_per_million, completion_usd_per_million)) over history
            or lag(known_to) over history is distinct from known_from as starts_span
        from prices
        window history as (partition by model_permaslug order by known_from)
    )
)
select
    model_permaslug, base_permaslug, variant, price_unit, prompt_usd_per_million, completion_usd_per_million,
    ((3 * prompt_usd_per_million + completion_usd_per_million) * 0.25)::decimal(38, 22) as blended_usd_per_million,
    min(known_from) as known_from,
    arg_max_null(known_to, known_from) as known_to
from spans
group by
    model_permaslug, base_permaslug, variant, price_unit, prompt_usd_per_million, completion_usd_per_million, span_number
