-- Of each block the newest fetch.
with newest as (
    select
        series, period_start,
        max(retrieved_at) as retrieved_at,
        arg_max(block_hash, retrieved_at) as block_hash,
        arg_max(capture, retrieved_at) as capture,
        arg_max(citation, retrieved_at) as citation,
        max(vintage_number) as vintages
    from core.readings
    group by all
)
select
    series, period_start, block_hash,
    blocks.final_from is null or blocks.final_from > retrieved_at as is_provisional,
    newest.vintages, retrieved_at, capture, citation
from newest
join core.blocks using (series, period_start)
