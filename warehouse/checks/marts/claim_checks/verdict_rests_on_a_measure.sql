-- A claim is confirmed, refuted or undecided by a measured value, else it is not measurable.
select claim, measured_value, verdict
from marts.claim_checks
where verdict not in ('confirmed', 'refuted', 'undecided', 'not measurable')
    or (verdict <> 'not measurable' and measured_value is null)
