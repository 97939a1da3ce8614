-- Each vintage of a block ends where the next one begins, after it was last fetched, and the next one is another content or capture.
select series, period_start, vintage_number, known_from, last_read_at, known_to
from core.block_vintages
window block as (partition by series, period_start order by vintage_number)
qualify known_to is distinct from lead(known_from) over block
    or known_to <= last_read_at
    or last_read_at < known_from
    or (capture, block_hash) is not distinct from lead((capture, block_hash)) over block
