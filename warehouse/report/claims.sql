-- What others said, and what the data says of it. Only figures of the rankings may be passed on: not prices, not scores.
select
    claim, claim_zh, claimed_value, unit, measured_value, verdict, claimed_denominator, claimed_denominator_zh,
    platform_value_lower, platform_value_upper, platform_verdict, evidence, evidence_zh, source, source_zh, citation,
    measured_value is null
    or unit in ('tokens a day', 'rank', 'change of share', 'share of tokens', 'ratio of tokens') as may_republish
from marts.claim_checks
order by verdict, claim
