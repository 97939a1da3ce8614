-- Weeks are named by their ISO Monday.
select series, period_start
from core.newest_blocks
where split_part(series, '/', 1) like '%\_week' escape '\' and isodow(period_start) <> 1
