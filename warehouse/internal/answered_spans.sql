-- The days that each series was answered for, whether they had rows or not.
select series, resolved_start, resolved_end
from raw.exchanges
where outcome in ('loaded', 'partly loaded') and resolved_start is not null
