-- The responses to questions for a trailing window, and whether each was fetched here or recorded by somebody else.
select exchange_id, series, retrieved_at, provenance
from raw.exchanges
where starts_with(series, 'app_') and status = 200
