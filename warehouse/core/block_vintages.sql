with vintages as (
    select
        series, period_start, vintage_number,
        any_value(capture) as capture,
        any_value(block_hash) as block_hash,
        min(retrieved_at) as known_from,
        max(retrieved_at) as last_read_at
    from core.readings
    group by all
)
select
    *,
    lead(known_from) over (partition by series, period_start order by vintage_number) as known_to
from vintages
