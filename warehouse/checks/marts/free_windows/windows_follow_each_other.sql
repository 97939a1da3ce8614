-- A window has as many free days as fit into it, more than 28 days lie between two of a model, and a stricter threshold ends it
-- no later, a looser one no earlier.
select base_permaslug, window_number, first_free_day, last_free_day, free_days, last_free_day_at_20, last_free_day_at_50
from (
    select *, lag(last_free_day) over (partition by base_permaslug order by window_number) as previous_end
    from marts.free_windows
)
where not free_days between 1 and last_free_day - first_free_day + 1
    or first_free_day <= previous_end + 28
    or last_free_day_at_20 < last_free_day
    or last_free_day_at_50 not between first_free_day and last_free_day
