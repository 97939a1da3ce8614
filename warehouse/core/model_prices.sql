-- What a model's tokens cost by the catalogue, from when to when: a past day is priced at its price, and free is 0.
with entries as (
    select
        canonical_slug || case when variant = 'default' then '' else ':' || variant end as model_permaslug,
        canonical_slug as base_permaslug,
        variant, id, prompt_usd_per_token, completion_usd_per_token, known_from, known_to,
        split_part(variant, ':', 1) = 'free' as is_free,
        -- A negative price is one that varies.
        coalesce(prompt_usd_per_token < 0 or completion_usd_per_token < 0, false) as is_varying
    from core.model_catalogue_vintages
),
chosen as (
    -- Should several entries stand for one name, the one that stood longest.
    select model_permaslug, id
    from entries
    group by model_permaslug, id
    qualify row_number() over (
        partition by model_permaslug order by max(coalesce(known_to, 'infinity'::timestamptz)) desc, min(known_from), id
    ) = 1
),
prices as (
    select
        model_permaslug, base_permaslug, variant, known_from, known_to,
        case when is_free then 0 when not is_varying then (1e6 * prompt_usd_per_token)::double end as prompt_usd_per_million,
        case when is_free then 0 when not is_varying then (1e6 * completion_usd_per_token)::double end
            as completion_usd_per_million
    from entries
    semi join chosen using (model_permaslug, id)
),
changes as (
    -- An entry changes in other things than its price; and it may have been away.
    select
        *,
        (prompt_usd_per_million, completion_usd_per_million)
        is distinct from lag((prompt_usd_per_million, completion_usd_per_million)) over history
        or lag(known_to) over history is distinct from known_from as starts_span
    from prices
    window history as (partition by model_permaslug order by known_from)
),
spans as (
    select
        *,
        count_if(starts_span) over (partition by model_permaslug order by known_from) as span_number
    from changes
)
select
    model_permaslug, base_permaslug, variant, prompt_usd_per_million, completion_usd_per_million,
    (3 * prompt_usd_per_million + completion_usd_per_million) / 4 as blended_usd_per_million,
    min(known_from) as known_from,
    arg_max_null(known_to, known_from) as known_to
from spans
group by
    model_permaslug, base_permaslug, variant, prompt_usd_per_million, completion_usd_per_million, span_number
