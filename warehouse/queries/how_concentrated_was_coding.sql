-- How concentrated was coding on few models, before and after M2 came?
-- Does not show: sampling error. effective_models is how many models of equal share would be as concentrated: at most by the
-- listed tokens alone, at least if each unlisted row is a model of its own, and at_worst if all that is unlisted belongs to
-- the largest models that have a known unlisted variant. The index is the sum of squared shares (Herfindahl and Hirschman).
-- Tables: marts.coding_concentration_weekly
select
    week_start,
    listed_models,
    round(hhi_lower, 3) as index_at_least,
    round(hhi_upper_estimate, 3) as index_at_most,
    round(hhi_upper, 3) as index_at_worst,
    round(effective_models_lower, 1) as effective_models_at_worst,
    round(effective_models_lower_estimate, 1) as effective_models_at_least,
    round(effective_models_upper, 1) as effective_models_at_most,
    rank() over (order by hhi_lower desc) as place_by_concentration,
    days_in_week, is_provisional, capture, citation
from marts.coding_concentration_weekly
order by week_start
