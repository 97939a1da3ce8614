-- The responses to requests for a trailing window, and where each came from.
select exchange_id, series, retrieved_at, provenance
from raw.exchanges
where starts_with(series, 'app_') and status = 200
