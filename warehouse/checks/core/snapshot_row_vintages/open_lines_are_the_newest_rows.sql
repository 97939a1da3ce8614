-- The lines without an end are the rows of the newest fetch of their block, all of them and no others.
with newest as (
    select
        case when series = 'models/all' then 'models' else series end as series, period_start,
        arg_max(block_hash, retrieved_at) as block_hash
    from core.readings
    -- The text models say nothing of the catalogue once all of it was read.
    where series <> 'models' or 'models/all' not in (select series from core.readings)
    group by all
),
stated as (
    select series, period_start, row_key, true as is_stated
    from newest
    join core.snapshot_rows using (block_hash)
),
open_lines as (
    select series, period_start, row_key, true as is_open
    from core.snapshot_row_vintages
    where is_listed and known_to is null
)
select series, period_start, row_key, is_stated, is_open
from stated
full join open_lines using (series, period_start, row_key)
where is_stated is null or is_open is null
