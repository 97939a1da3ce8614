-- core.newest_blocks as it was known at ts: of each block the newest reading by then. A reading is known from the instant that
-- its citation prints, which may lie a moment before the one at which the response was complete.
with read_by_then as (
    select
        series, period_start,
        max(retrieved_at) as retrieved_at,
        arg_max(block_hash, retrieved_at) as block_hash,
        arg_max(capture, retrieved_at) as capture,
        arg_max(citation, retrieved_at) as citation,
        max(vintage_number) as vintages
    from core.readings
    where least(retrieved_at, cited_at) <= ts::timestamptz
    group by all
)
select
    series, period_start, block_hash,
    blocks.final_from is null or blocks.final_from > retrieved_at as is_provisional,
    read_by_then.vintages, retrieved_at, capture, citation
from read_by_then
join core.blocks using (series, period_start)
