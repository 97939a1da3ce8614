-- One definition: today's table is the as-of table of the newest reading.
from model_platform_shares_weekly_as_of('infinity')
