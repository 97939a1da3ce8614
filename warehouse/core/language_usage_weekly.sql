-- One definition: today's table is the as-of table of the newest reading.
from language_usage_weekly_as_of('infinity')
