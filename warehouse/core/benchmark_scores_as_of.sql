-- core.benchmark_scores as it was known at ts.
select
    model_permaslug, base_permaslug, variant, author, intelligence_index, coding_index, agentic_index,
    prompt_usd_per_token, completion_usd_per_token, retrieved_at, capture, citation
from newest_blocks_as_of(ts)
join raw.benchmark_rows using (block_hash)
