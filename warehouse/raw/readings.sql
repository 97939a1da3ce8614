-- The same block at the same instant may come from two overlapping requests: it is one reading.
select
    series, period_start, retrieved_at, block_hash,
    min(capture) as capture,
    min(as_of) as as_of,
    bool_or(is_simulated) as is_simulated,
    min(exchange_id) as exchange_id
from staged_readings
anti join raw.readings using (series, period_start, retrieved_at, block_hash)
group by all
