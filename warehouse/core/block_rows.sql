-- One definition: today's table is the as-of table of the newest reading.
from block_rows_as_of('infinity')
