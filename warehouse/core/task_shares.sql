-- One definition: today's table is the as-of table of the newest reading.
from task_shares_as_of('infinity')
