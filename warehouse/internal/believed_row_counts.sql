-- How many rows the newest believed answer of each series had, of all its pages, and on which day it was fetched.
with answers as (
    select
        series,
        coalesce(part_of, exchange_id) as answer_id,
        timezone('UTC', max(retrieved_at))::date as read_on,
        sum(rows_read)::bigint as row_count
    from raw.exchanges
    where outcome = 'loaded'
    group by all
)
select series, max_by(read_on, answer_id) as read_on, max_by(row_count, answer_id) as row_count
from answers
group by series
