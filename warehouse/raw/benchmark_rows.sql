-- Stored once per content: scores read again without a change add nothing.
select distinct
    block_hash, model_permaslug, base_permaslug, variant, author, intelligence_index, coding_index, agentic_index,
    prompt_usd_per_token, completion_usd_per_token
from staged_benchmark_rows
anti join raw.benchmark_rows using (block_hash)
