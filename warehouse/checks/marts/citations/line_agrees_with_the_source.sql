-- Only what has the licence may be passed on, and says so; simulated figures are never cited as OpenRouter's. A notice that a
-- source words itself names the licence wherever it is.
select table_name, citation, licence, may_republish, is_simulated
from marts.citations
where may_republish <> (licence = 'CC BY 4.0')
    or is_simulated <> starts_with(citation, 'SIMULATED')
    or case
        when may_republish and not is_simulated then not contains(lower(citation), ' licensed under cc by 4.0.')
        else ends_with(citation, ' Licensed under CC BY 4.0.')
    end
