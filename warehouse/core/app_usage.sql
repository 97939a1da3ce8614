-- One definition: today's table is the as-of table of the newest reading.
from app_usage_as_of('infinity')
