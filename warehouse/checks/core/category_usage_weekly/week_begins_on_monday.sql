-- Weeks are named by their ISO Monday.
select distinct week_start
from core.category_usage_weekly
where isodow(week_start) <> 1
