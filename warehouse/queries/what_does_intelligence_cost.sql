-- What does a model cost for what it can do, and which models offer the best score for their price?
-- Does not show: what was paid. Prices are list prices of the day, three prompt tokens to one completion token. Nor use
-- below the list: total_tokens is NULL where the day before did not list the model.
-- Tables: marts.price_intelligence
select
    snapshot_on, base_permaslug, intelligence_index, coding_index,
    round(blended_usd_per_million, 4) as blended_usd_per_million,
    has_free_variant, total_tokens, is_pareto_efficient, citation
from marts.price_intelligence
where snapshot_on = (select max(snapshot_on) from marts.price_intelligence)
    and (is_pareto_efficient or author = 'minimax')
order by blended_usd_per_million desc nulls last, base_permaslug
