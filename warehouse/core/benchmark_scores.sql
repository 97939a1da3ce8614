-- One definition: today's table is the as-of table of the newest reading.
from benchmark_scores_as_of('infinity')
