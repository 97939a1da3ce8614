-- Which periods of each series were fetched, and when last.
select series, period_start, max(retrieved_at) as read_at
from raw.readings
group by series, period_start
