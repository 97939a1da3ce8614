-- One definition: today's table is the as-of table of the newest reading.
from context_usage_daily_as_of('infinity')
