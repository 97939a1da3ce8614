-- When each series was fetched last, whatever became of it.
select series, max(retrieved_at) as retrieved_at
from raw.exchanges
where series is not null
group by series
