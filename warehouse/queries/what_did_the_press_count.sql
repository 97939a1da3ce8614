-- Did Chinese models pass those of the US, as the press reported in 2026? What did it count, and what holds for the whole platform?
-- Does not show: who uses the models, or where they run: the country is that of the maker. Models of no known country, and what
-- is not listed, could be of any: the bounds allow for all of it. How each claim is read is decided in
-- warehouse/reference/public_claims.csv.
-- Tables: marts.country_claim_checks
select
    claim, unit, claimed_value, claimed_denominator,
    round(measured_value, 3) as as_counted,
    verdict as verdict_as_counted,
    round(platform_value_lower, 3) as platform_at_least,
    round(platform_value_upper, 3) as platform_at_most,
    platform_verdict, source, is_provisional, capture, citation
from marts.country_claim_checks
order by claim
