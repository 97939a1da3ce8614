-- Do list prices agree with measured spend: which makers are dearer than the rest on OpenRouter, and at a second gateway?
-- Does not show: how much is paid in dollars, or why the two differ: caching, discounts and which of a maker's models are
-- used. Only weeks and makers that both have are counted, and a difference near 0 may have either sign by chance. Without a
-- recorded response of the second gateway the agreement was only ever computed on simulated figures.
-- Tables: marts.gateway_comparison_weekly
with makers as (
    select
        canonical_author,
        count(*) as weeks,
        count(*) filter (spend_sign_agrees_estimate) as weeks_in_agreement,
        avg(list_spend_less_tokens_pp_estimate) as list_spend_less_tokens_pp,
        avg(gateway_spend_less_tokens_pp) as gateway_spend_less_tokens_pp,
        max(capture) as capture, max(citation) as citation, max(gateway_citation) as gateway_citation,
        max(price_citation) as price_citation
    from marts.gateway_comparison_weekly
    where spend_sign_agrees_estimate is not null
    group by all
)
select
    canonical_author, weeks, weeks_in_agreement,
    round(list_spend_less_tokens_pp, 2) as list_spend_less_tokens_pp_estimate,
    round(gateway_spend_less_tokens_pp, 2) as gateway_spend_less_tokens_pp,
    sign(list_spend_less_tokens_pp) = sign(gateway_spend_less_tokens_pp) as agrees_on_average,
    round(100 * avg(agrees_on_average::int) over (), 1) as makers_in_agreement_percent,
    capture, citation, gateway_citation, price_citation
from makers
order by abs(list_spend_less_tokens_pp) desc, canonical_author
