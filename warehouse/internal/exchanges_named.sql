-- Some loaded exchanges, by their ids.
select exchange_id, series, retrieved_at, outcome
from raw.exchanges
where exchange_id in (select unnest($exchange_ids))
