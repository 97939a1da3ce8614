-- Only what has the licence may be republished, and its citation names it; simulated figures are never cited as OpenRouter's.
-- Where a source words its citation itself, that names the licence, too.
select table_name, citation, licence, may_republish, is_simulated
from marts.citations
where may_republish <> (licence = 'CC BY 4.0')
    or is_simulated <> starts_with(citation, 'SIMULATED')
    or case
        when may_republish and not is_simulated then not contains(lower(citation), ' licensed under cc by 4.0.')
        else ends_with(citation, ' Licensed under CC BY 4.0.')
    end
