-- Which periods of which series some exchanges told of.
select distinct series, period_start
from raw.readings
where exchange_id in (select unnest($exchange_ids))
