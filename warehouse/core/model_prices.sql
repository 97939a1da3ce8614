-- What a model's tokens cost by the catalogue, from when to when: a past day is priced at its price, and free is 0.
with entries as (
    select
        canonical_slug || case when variant = 'default' then '' else ':' || variant end as model_permaslug,
        canonical_slug as base_permaslug,
        variant, id, prompt_usd_per_token, completion_usd_per_token, known_from, known_to,
        split_part(variant, ':', 1) = 'free' as is_free,
        -- A negative price is one that varies.
        prompt_usd_per_token < 0 or completion_usd_per_token < 0 as is_varying
    from core.model_catalogue_vintages
),
prices as (
    select
        *,
        case when is_free then 0 when not is_varying then (1e6 * prompt_usd_per_token)::double end as prompt_usd_per_million,
        case when is_free then 0 when not is_varying then (1e6 * completion_usd_per_token)::double end
            as completion_usd_per_million
    from entries
)
select
    model_permaslug, base_permaslug, variant, prompt_usd_per_million, completion_usd_per_million,
    (3 * prompt_usd_per_million + completion_usd_per_million) / 4 as blended_usd_per_million,
    known_from, known_to
from prices
-- Should two entries stand for one name, the last by name is taken.
qualify row_number() over (partition by model_permaslug, known_from order by id desc) = 1
