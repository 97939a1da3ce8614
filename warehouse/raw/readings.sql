select series, period_start, retrieved_at, block_hash, capture, as_of, is_simulated, source_citation, exchange_id
from staged_readings
anti join raw.readings using (series, period_start, exchange_id)
