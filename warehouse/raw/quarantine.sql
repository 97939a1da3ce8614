select distinct exchange_id, series, period_start, retrieved_at, reason, row_content
from staged_quarantine
anti join raw.quarantine using (exchange_id)
