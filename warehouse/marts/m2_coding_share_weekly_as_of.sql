-- marts.m2_coding_share_weekly as it was known at ts.
from coding_share_weekly_as_of(ts)
where base_permaslug = 'minimax/minimax-m2'
