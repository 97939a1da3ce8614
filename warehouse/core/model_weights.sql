-- Since when a model's weights are open. The newest catalogue read at or before a day decides it, for earlier days the first one
-- that knows the model; a decision of people outweighs both. A model that left the catalogue keeps what was last known of it.
-- A router has no weights; those of a stealth model are not known until its maker is: then they are those of the model it was.
with catalogue as (
    select
        base_permaslug,
        known_from::date as valid_from,
        bool_or(hugging_face_id is not null) as has_open_weights,
        max(known_from) as retrieved_at
    from core.block_vintages
    join raw.catalogue_rows using (block_hash)
    group by all
),
decided as (
    select base_permaslug, open_weights.has_open_weights
    from core.model_kinds
    join reference.open_weights on base_permaslug glob model_pattern
    where not is_router
    -- The longest pattern is the most particular one.
    qualify row_number() over (partition by base_permaslug order by length(model_pattern) desc, model_pattern) = 1
),
changes as (
    select base_permaslug, valid_from, has_open_weights, retrieved_at
    from catalogue
    where base_permaslug not in (select base_permaslug from decided)
        and base_permaslug not in (select base_permaslug from core.model_kinds where is_stealth or is_router)
    qualify has_open_weights is distinct from lag(has_open_weights) over (
        partition by base_permaslug order by valid_from
    )
),
spans as (
    select
        base_permaslug,
        -- The first thing known counts for all earlier days.
        case when lag(valid_from) over history is null then date '0001-01-01' else valid_from end as valid_from,
        lead(valid_from) over history as valid_to,
        has_open_weights, retrieved_at
    from changes
    window history as (partition by base_permaslug order by valid_from)
    union all
    select base_permaslug, date '0001-01-01' as valid_from, null as valid_to, has_open_weights, null as retrieved_at
    from decided
),
told as (
    from spans
    union all
    select stealth.base_permaslug, valid_from, valid_to, has_open_weights, retrieved_at
    from reference.stealth_models as stealth
    join spans on spans.base_permaslug = stealth.unmasked_as
    join core.model_kinds as kinds on kinds.base_permaslug = stealth.base_permaslug
    where is_stealth and stealth.base_permaslug not in (select base_permaslug from decided)
),
citations as (
    select retrieved_at, max(citation) as citation
    from core.readings
    where split_part(series, '/', 1) = 'models'
    group by all
)
select base_permaslug, valid_from, valid_to, has_open_weights, retrieved_at, citation
from told
left join citations using (retrieved_at)
