-- One definition: today's table is the as-of table of the newest reading.
from modality_usage_daily_as_of('infinity')
