-- Effective-dated entries: a line per changed content of an entry. An entry missing from the next fetch has ended.
select
    id, canonical_slug, base_permaslug,
    case when contains(id, ':') then substr(id, strpos(id, ':') + 1) else 'default' end as variant,
    name, created_at, context_length, hugging_face_id, input_modalities, output_modalities,
    price_unit, prompt_usd_per_unit, completion_usd_per_unit,
    -- A price has its unit: what is for anything else than a token is in no column that counts tokens.
    case when price_unit in ('token', 'input token') then prompt_usd_per_unit end as prompt_usd_per_token,
    case when price_unit = 'token' then completion_usd_per_unit end as completion_usd_per_token,
    intelligence_index, coding_index, agentic_index, known_from, known_to
from core.snapshot_row_vintages as lines
join raw.catalogue_rows as entries on entries.block_hash = lines.block_hash and entries.id = lines.row_key
where is_listed
