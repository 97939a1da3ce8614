-- Which apps moved in the same weeks as M2?
-- Does not show: which app used M2, as no source shows what an app used of one model; nor a cause. The query compares weekly
-- changes of an app's share of the platform with changes of M2's, by rank, over M2's weeks in the top nine of coding. With
-- so few weeks some app correlates by chance: in 95 of 100 shuffles of M2's weeks the largest correlation of the list is at
-- most by_chance. The lists are as known on the day of the fetch: apps hidden or merged since are missing.
-- Tables: marts.app_comovement
select
    app_category, app_id, app_name, first_week, last_week, weeks_listed,
    round(100 * before_app_token_share, 3) as before_percent,
    round(100 * during_app_token_share, 3) as during_percent,
    round(100 * after_app_token_share, 3) as after_percent,
    round(rank_correlation, 2) as rank_correlation,
    round(rank_correlation_by_chance, 2) as by_chance,
    exceeds_chance, changes_compared, apps_compared, is_small_sample, is_provisional, citation, platform_citation, coding_citation
from marts.app_comovement
where rank_correlation is not null
order by app_category, abs(rank_correlation) desc, app_id
limit 40
