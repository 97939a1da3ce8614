-- When those answers of a series that came in pages, and were loaded, began.
select retrieved_at
from raw.exchanges
where series = $series and outcome = 'loaded' and coalesce(params ->> 'offset', '0') = '0'
order by retrieved_at
