-- The loaded exchanges that a person rejected, or that a response of our own contradicts.
select exchange_id, outcome
from raw.exchanges
where outcome in ('rejected', 'contradicted')
