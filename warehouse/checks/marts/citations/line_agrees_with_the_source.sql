-- Only what has the licence may be passed on, and says so; simulated figures are never cited as OpenRouter's.
select table_name, citation, licence, may_republish, is_simulated
from marts.citations
where may_republish <> (licence = 'CC BY 4.0')
    or is_simulated <> starts_with(citation, 'SIMULATED')
    or contains(lower(citation), ' licensed under cc by 4.0.') <> (may_republish and not is_simulated)
