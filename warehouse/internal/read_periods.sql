-- Which periods of each series were read.
select distinct series, period_start
from raw.readings
