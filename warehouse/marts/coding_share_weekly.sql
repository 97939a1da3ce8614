-- One definition: today's table is the as-of table of the newest reading.
from coding_share_weekly_as_of('infinity')
