-- Exactly what no other model of the snapshot exceeds, at no more cost or no less score, is called efficient.
with dominated as (
    select distinct one.snapshot_on, one.base_permaslug
    from marts.price_intelligence as one
    join marts.price_intelligence as rival
        on rival.snapshot_on = one.snapshot_on
        and rival.blended_usd_per_million <= one.blended_usd_per_million
        and rival.intelligence_index >= one.intelligence_index
        and (rival.blended_usd_per_million, rival.intelligence_index)
        <> (one.blended_usd_per_million, one.intelligence_index)
)
select snapshot_on, base_permaslug, intelligence_index, blended_usd_per_million, is_pareto_efficient
from marts.price_intelligence
where is_pareto_efficient is distinct from case
    when intelligence_index is not null and blended_usd_per_million is not null
        then (snapshot_on, base_permaslug) not in (select (snapshot_on, base_permaslug) from dominated)
end
