-- The loaded exchanges that a person rejected, or that a response of our own contradicts.
select exchange_id, verdict
from raw.exchanges
where verdict in ('rejected', 'contradicted')
