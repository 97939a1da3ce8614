-- Stored once per content: cells read again without a change add nothing.
select distinct
    block_hash, app_slug, turn_range, model_permaslug, base_permaslug, variant, author, median_session_cost_usd
from staged_session_cost_rows
anti join raw.session_cost_rows using (block_hash)
