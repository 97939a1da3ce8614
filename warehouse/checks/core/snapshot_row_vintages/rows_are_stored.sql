-- Each content that a snapshot has had is stored, row by row.
select distinct series, period_start, block_hash
from core.readings
join reference.series using (series)
anti join core.snapshot_rows using (block_hash)
where endpoint <> '/datasets/rankings-daily'
