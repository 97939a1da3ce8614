-- The newest events of models, by the day on which they became known. A change of the API is news for whoever runs this alone.
select
    event_id, event_kind, title, evidence, evidence_query, known_from, is_provisional, citation, previous_citation
from marts.events
where base_permaslug is not null
order by timezone('UTC', known_from)::date desc, period_start desc, event_id
limit 400
