-- The newest events, by the day on which they became known.
select
    event_id, event_kind, title, evidence, evidence_query, known_from, is_provisional, citation, previous_citation
from marts.events
order by timezone('UTC', known_from)::date desc, period_start desc, event_id
limit 400
