-- Which models ranked above M2 in coding, week by week?
-- Does not show: by how much, for which marts.coding_leaderboard_weekly has the shares; nor the weeks in which M2 is not
-- listed, where its rank is not known.
-- Tables: marts.m2_coding_share_weekly
select
    week_start, coding_rank, models_above, is_coding_provisional, capture, citation
from marts.m2_coding_share_weekly
where coding_rank is not null
order by week_start
