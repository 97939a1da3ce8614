-- A share is numerator ÷ denominator and lies within its bounds, and these within 0 and 1.
select week_start, base_permaslug, lens, lens_share, lens_share_lower, lens_share_upper, numerator, denominator
from marts.coding_share_lenses_weekly
where lens_share not between lens_share_lower and lens_share_upper
    or lens_share_lower not between 0 and lens_share_upper
    or lens_share_upper > 1
    or (lens_share is null) <> (numerator is null)
    or abs(numerator / denominator - lens_share) > 1e-9
