-- Events of final figures of periods since then: what may still be news to somebody. A restatement is as old as its reading.
select
    event_id, title, citation, previous_citation,
    -- For events that concern no model: what to do next.
    case when base_permaslug is null then evidence end as advice
from marts.events
where not is_provisional
    and case
        when event_kind = 'restated' then known_from else timezone('UTC', period_start::timestamp)
    end >= $since
order by timezone('UTC', known_from)::date desc, period_start desc, event_id
