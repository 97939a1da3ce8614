select series, new_periods, grown_periods, restated_periods, confirmed_periods
from ops.loads
where run_id = $run_id
order by series
