-- What others said, and what the readings say of it. Only figures of the rankings may be passed on: not prices, not scores.
select
    claim, claimed_value, unit, measured_value, verdict, evidence, source, citation,
    unit in ('tokens a day', 'rank', 'change of share') or measured_value is null as may_republish
from marts.claim_checks
order by verdict, claim
