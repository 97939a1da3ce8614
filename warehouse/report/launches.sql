-- Every launch that was seen, by the height it reached.
select
    base_permaslug,
    min(week_start) as first_week,
    any_value(peak_coding_token_share) as peak_coding_token_share,
    any_value(weeks_to_peak) as weeks_to_peak,
    any_value(half_life_weeks_lower) as half_life_weeks_lower,
    any_value(half_life_weeks_upper) as half_life_weeks_upper,
    any_value(half_life_status) as half_life_status
from marts.launch_curves
where is_launch_observed
group by base_permaslug
order by peak_coding_token_share desc nulls last, base_permaslug
