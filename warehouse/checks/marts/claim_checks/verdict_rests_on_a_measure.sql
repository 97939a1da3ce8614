-- A claim is confirmed or refuted by a measured value, else it is not measurable.
select claim, claimed_value, measured_value, verdict
from marts.claim_checks
where verdict not in ('confirmed', 'refuted', 'not measurable')
    or (verdict <> 'not measurable' and (measured_value is null or claimed_value is null))
