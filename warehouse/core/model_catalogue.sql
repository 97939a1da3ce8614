-- One definition: today's table is the as-of table of the newest reading.
from model_catalogue_as_of('infinity')
