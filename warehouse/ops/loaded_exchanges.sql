select exchange_id from raw.exchanges
