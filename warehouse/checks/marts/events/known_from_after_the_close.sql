-- Only closed periods make events: what a running one shows is not an event yet.
select event_id, known_from, closes_at
from marts.events
join core.blocks using (series, period_start)
where known_from < closes_at
