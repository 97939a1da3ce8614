-- When the newest of the readings that were loaded was taken; NULL where there are none.
select max(retrieved_at) as retrieved_at
from raw.readings
