-- The loaded exchanges that a person or a response of ours keeps from being read, by what they were told to be.
select exchange_id, verdict
from raw.exchanges
where verdict in ('rejected', 'contradicted')
