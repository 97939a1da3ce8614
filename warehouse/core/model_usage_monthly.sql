-- One definition: today's table is the as-of table of the newest reading.
from model_usage_monthly_as_of('infinity')
