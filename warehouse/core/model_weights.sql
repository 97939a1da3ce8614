-- Since when a model's weights are open. The newest catalogue read at or before a day decides it, for earlier days the first one
-- that knows the model; a decision of people outweighs both. A model that left the catalogue keeps what was last known of it.
with catalogue as (
    select
        split_part(canonical_slug, ':', 1) as base_permaslug,
        known_from::date as valid_from,
        bool_or(hugging_face_id is not null) as has_open_weights,
        max(known_from) as retrieved_at
    from core.block_vintages
    join raw.catalogue_rows using (block_hash)
    group by all
),
models as (
    select base_permaslug
    from catalogue
    union
    select split_part(model_permaslug, ':', 1) as base_permaslug
    from core.block_row_vintages
    where model_permaslug <> 'other'
),
decided as (
    select base_permaslug, open_weights.has_open_weights
    from models
    join reference.open_weights on base_permaslug glob model_pattern
    -- The longest pattern is the most particular one.
    qualify row_number() over (partition by base_permaslug order by length(model_pattern) desc, model_pattern) = 1
),
changes as (
    select base_permaslug, valid_from, has_open_weights, retrieved_at
    from catalogue
    where base_permaslug not in (select base_permaslug from decided)
    qualify has_open_weights is distinct from lag(has_open_weights) over (
        partition by base_permaslug order by valid_from
    )
),
spans as (
    select
        base_permaslug,
        -- The first thing known stands for all earlier days.
        case when lag(valid_from) over history is null then date '0001-01-01' else valid_from end as valid_from,
        lead(valid_from) over history as valid_to,
        has_open_weights, retrieved_at
    from changes
    window history as (partition by base_permaslug order by valid_from)
),
citations as (
    select retrieved_at, max(citation) as citation
    from core.readings
    where split_part(series, '/', 1) = 'models'
    group by all
)
select base_permaslug, valid_from, valid_to, has_open_weights, retrieved_at, citation
from spans
join citations using (retrieved_at)
union all
select base_permaslug, date '0001-01-01' as valid_from, null as valid_to, has_open_weights, null as retrieved_at, null as citation
from decided
