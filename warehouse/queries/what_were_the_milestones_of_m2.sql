-- What were the milestones of M2: launch, peak, half of it, who overtook it?
-- Does not show: why. A milestone without a day was not reached, or cannot be known from what was fetched: its status shows
-- which.
-- Tables: marts.m2_milestones
select milestone, reached_on, value, unit, milestone_status, evidence, citation
from marts.m2_milestones
order by reached_on nulls last, milestone
