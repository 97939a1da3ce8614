-- How much of a model's usage remained when its free window ended?
-- Does not show: why. A model's share fell in the days after; the source does not show who left, and where to. Tokens that
-- cost nothing without a `:free` variant count as paid. Windows under 2 % of the platform, of one or two free days, or open
-- ones are left out. A model that left the list kept at most `kept_at_most`; one that is listed on some of the days only has
-- no `kept`. M2's last free days were half paid already: by 50 % its window ends earlier, and more is kept.
-- Tables: marts.free_windows
select
    base_permaslug, first_free_day, last_free_day, free_days, window_status,
    round(100 * model_free_token_share) as free_percent_of_model,
    round(100 * before_7d_token_share, 2) as before_7d_percent,
    round(100 * after_7d_token_share, 2) as after_7d_percent,
    round(kept_7d, 2) as kept,
    round(kept_7d_lower, 2) as kept_at_least,
    round(kept_7d_upper, 2) as kept_at_most,
    round(kept_28d, 2) as kept_28d,
    round(median(kept_7d) over (), 2) as median_kept,
    count(kept_7d) over () as windows_with_kept,
    round(paid_rise_per_free_token, 2) as paid_rise_per_free_token,
    last_free_day_at_20, round(kept_7d_at_20, 2) as kept_at_20,
    last_free_day_at_50, round(kept_7d_at_50, 2) as kept_at_50,
    is_provisional, citation, bounds_citation
from marts.free_windows
where window_status in ('ended', 'left the list') and free_days >= 3 and before_7d_token_share >= 0.02
order by last_free_day, base_permaslug
