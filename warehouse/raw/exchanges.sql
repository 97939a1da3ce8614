-- Landed exchanges that were not loaded yet.
select
    exchange_id, endpoint, params, series, retrieved_at, status, as_of, requested_start, requested_end,
    resolved_start, resolved_end, body_sha256, capture, provenance, is_simulated, outcome, reason, rows_read,
    unknown_fields, part_of
from staged_exchanges
anti join raw.exchanges using (exchange_id)
