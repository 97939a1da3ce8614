-- A change is the difference of the two shares, what is not listed counting as nothing; so the changes of a span sum to 0.
select event_kind, event_model, event_on, base_permaslug, days_from, listed_share_before, listed_share, listed_change_pp
from marts.event_studies
where abs(100 * (coalesce(listed_share, 0) - coalesce(listed_share_before, 0)) - listed_change_pp) > 1e-9
    or (base_permaslug = event_model) <> (event_role = 'event')
    or earliest_event_on not between event_on - 7 and event_on
