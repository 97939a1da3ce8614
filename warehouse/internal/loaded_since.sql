-- The exchanges of some series that were fetched at or after an instant, each with all pages of its answer.
with answers as (
    select exchange_id, retrieved_at, outcome, max(retrieved_at) over answer as last_read_at
    from raw.exchanges
    where series in (select unnest($series))
    window answer as (partition by coalesce(part_of, exchange_id))
)
select exchange_id, retrieved_at, outcome
from answers
where last_read_at >= $since
