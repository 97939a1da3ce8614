-- The landed responses that this file was built from: how many, and one hash of their ids, which follow from request, time and content.
select
    count(*) as responses, sha256(string_agg(exchange_id, chr(10) order by exchange_id)) as digest
from raw.exchanges
