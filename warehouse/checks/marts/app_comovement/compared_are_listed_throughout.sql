-- Only an app that the list has in each of M2's weeks is compared, in at least five changes, and a verdict follows from its
-- correlation.
select app_category, app_id, weeks_listed, changes_compared, rank_correlation, rank_correlation_by_chance, exceeds_chance
from marts.app_comovement
where (
    weeks_listed between 0 and (last_week - first_week) // 7 + 1
    and case
        when rank_correlation is null then changes_compared is null and exceeds_chance is null
        else abs(rank_correlation) <= 1 + 1e-12
            and weeks_listed = (last_week - first_week) // 7 + 1
            and changes_compared between 5 and weeks_listed - 1
            and rank_correlation_by_chance between 0 and 1 + 1e-12
            and exceeds_chance = (abs(rank_correlation) > rank_correlation_by_chance)
            and apps_compared > 0
    end
) is not true
