-- core.model_catalogue as it was known at ts.
select
    id, canonical_slug, variant, name, created_at, context_length, hugging_face_id, input_modalities, output_modalities,
    price_unit, prompt_usd_per_unit, completion_usd_per_unit, prompt_usd_per_token, completion_usd_per_token,
    intelligence_index, coding_index, agentic_index, known_from
from core.model_catalogue_vintages
where known_from <= ts::timestamptz and (known_to is null or known_to > ts::timestamptz)
