-- What was asked and not read, because no series asked it when it was loaded.
select distinct endpoint, params
from raw.exchanges
where outcome = 'unknown series'
