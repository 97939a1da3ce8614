-- Entries once per content, each with the model that it is of.
select distinct
    block_hash, id, canonical_slug, split_part(canonical_slug, ':', 1) as base_permaslug, name, created_at,
    context_length, hugging_face_id, input_modalities, output_modalities, price_unit, prompt_usd_per_unit,
    completion_usd_per_unit, intelligence_index, coding_index, agentic_index
from staged_catalogue_rows
anti join raw.catalogue_rows using (block_hash)
