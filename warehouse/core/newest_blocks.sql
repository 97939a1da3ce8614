-- One definition: today's table is the as-of table of the newest reading.
from newest_blocks_as_of('infinity')
