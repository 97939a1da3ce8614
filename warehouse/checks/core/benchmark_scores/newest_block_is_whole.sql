-- Every model of the newest reading is shown with its scores, and none besides.
with newest as (
    select arg_max(block_hash, retrieved_at) as block_hash
    from core.readings
    where series = 'benchmarks/artificial-analysis'
),
stored as (
    select model_permaslug, intelligence_index, coding_index, agentic_index, true as is_stored
    from newest
    join raw.benchmark_rows using (block_hash)
)
select
    coalesce(stored.model_permaslug, shown.model_permaslug) as model_permaslug,
    stored.coding_index as stored_coding_index,
    shown.coding_index as shown_coding_index
from stored
full join core.benchmark_scores as shown on shown.model_permaslug = stored.model_permaslug
where is_stored is null
    or shown.model_permaslug is null
    or (stored.intelligence_index, stored.coding_index, stored.agentic_index)
        is distinct from (shown.intelligence_index, shown.coding_index, shown.agentic_index)
