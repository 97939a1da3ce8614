-- Which of the staged blocks raw holds already, with all their rows.
select distinct series, period_start, block_hash
from staged_blocks
semi join raw.readings using (series, period_start, block_hash)
