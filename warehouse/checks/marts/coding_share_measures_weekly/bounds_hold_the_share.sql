-- A share is numerator ÷ denominator and lies within its bounds, and these within 0 and 1.
select week_start, base_permaslug, measure, measure_share, measure_share_lower, measure_share_upper, numerator, denominator
from marts.coding_share_measures_weekly
where measure_share not between measure_share_lower and measure_share_upper
    or measure_share_lower not between 0 and measure_share_upper
    or measure_share_upper > 1
    or (measure_share is null) <> (numerator is null)
    or abs(numerator / denominator - measure_share) > 1e-9
