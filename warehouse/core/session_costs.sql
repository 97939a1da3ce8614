-- One definition: today's table is the as-of table of the newest reading.
from session_costs_as_of('infinity')
