-- What others said, and what the readings say of it.
select claim, claimed_value, unit, measured_value, verdict, evidence, source
from marts.claim_checks
order by verdict, claim
