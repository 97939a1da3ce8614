-- The days that each series was answered for, whether they had rows or not, and when last.
select series, resolved_start, resolved_end, max(retrieved_at) as read_at
from raw.exchanges
where outcome in ('loaded', 'partly loaded') and resolved_start is not null
group by series, resolved_start, resolved_end
