-- What became of the loaded exchanges, by outcome and reason, with the first of each.
select
    outcome,
    reason,
    count(*) as exchanges,
    min(exchange_id) as exchange_id,
    min_by(endpoint, exchange_id) as endpoint
from raw.exchanges
group by outcome, reason
order by exchanges desc, exchange_id
