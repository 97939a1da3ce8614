-- Each period of each series is shown as it was fetched last, and no period is missing.
with newest as (
    select series, period_start, max(retrieved_at) as last_read_at, arg_max(block_hash, retrieved_at) as last_block_hash
    from core.readings
    group by all
)
select series, period_start, last_read_at, retrieved_at
from newest
full join core.newest_blocks using (series, period_start)
where (last_read_at, last_block_hash) is distinct from (retrieved_at, block_hash)
