-- Each line is a change: the line before it has other figures, or the row was not listed.
with stated as (
    select series, period_start, row_key, known_from, is_listed, case when is_listed then row_hash end as row_hash
    from core.snapshot_row_vintages
    left join core.snapshot_rows using (block_hash, row_key)
)
select series, period_start, row_key, known_from, is_listed
from stated
qualify (is_listed, row_hash) is not distinct from lag((is_listed, row_hash)) over (
    partition by series, period_start, row_key order by known_from
)
