-- Did Chinese models pass American ones, as the press reported in 2026? What did it count, and what holds for the whole
-- platform?
-- Does not show: who uses the models, or where they run: the country is the maker's. Models of no known country, and what is
-- not listed, could be of any country: the bounds allow for all of it. warehouse/reference/public_claims.csv has how each
-- claim is interpreted, and why.
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
