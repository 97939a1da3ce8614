-- core.newest_blocks as it was known at ts.
with read_by_then as (
    select
        series, period_start,
        max(retrieved_at) as retrieved_at,
        arg_max(block_hash, retrieved_at) as block_hash,
        arg_max(capture, retrieved_at) as capture,
        arg_max(citation, retrieved_at) as citation,
        max(vintage_number) as vintages
    from core.readings
    where retrieved_at <= ts::timestamptz
    group by all
)
select
    series, period_start, block_hash,
    blocks.final_from is null or blocks.final_from > ts::timestamptz as is_provisional,
    read_by_then.vintages, retrieved_at, capture, citation
from read_by_then
join core.blocks using (series, period_start)
