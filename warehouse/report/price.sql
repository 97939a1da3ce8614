-- The newest snapshot of scores and prices; a model without a score or a price is in the mart only.
select
    snapshot_on, base_permaslug, intelligence_index, is_pareto_efficient,
    -- As it is drawn.
    blended_usd_per_million::double as blended_usd_per_million,
    coalesce(lineage = 'minimax-m2', false) as is_of_lineage, citation
from marts.price_intelligence
left join reference.model_lineages using (base_permaslug)
where snapshot_on = (select max(snapshot_on) from marts.price_intelligence)
    and intelligence_index is not null
    and blended_usd_per_million is not null
order by base_permaslug
