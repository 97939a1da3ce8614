-- Only closed periods make events: a running period may still change.
select event_id, known_from, closes_at
from marts.events
join core.blocks using (series, period_start)
where known_from < closes_at
