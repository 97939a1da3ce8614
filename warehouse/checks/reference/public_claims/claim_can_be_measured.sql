-- A claim names countries, days in order, and what counts as right with its figure within it; only a ratio compares countries.
select claim, claimed_value, unit, holds_from, holds_below, country, compared_country, first_day, last_day, counted_rows
from reference.public_claims
where (
    regexp_full_match(country, '[A-Z]{2}')
    and coalesce(regexp_full_match(compared_country, '[A-Z]{2}') and compared_country <> country, true)
    and unit = if(compared_country is null, 'share of tokens', 'ratio of tokens')
    and first_day <= last_day
    and coalesce(counted_rows > 0, true)
    and coalesce(holds_from, holds_below) is not null
    and coalesce(claimed_value >= holds_from, true)
    and coalesce(claimed_value <= holds_below, true)
) is not true
