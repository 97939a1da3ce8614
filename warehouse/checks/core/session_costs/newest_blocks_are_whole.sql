-- A window has the cells of its newest reading, no more and no fewer.
with newest as (
    select period_start, arg_max(block_hash, retrieved_at) as block_hash
    from core.readings
    where series = 'session_cost'
    group by all
),
stored as (
    select period_start as window_end, count(*) as stored_cells
    from newest
    join raw.session_cost_rows using (block_hash)
    group by all
),
shown as (
    select window_end, count(*) as shown_cells
    from core.session_costs
    group by all
)
select window_end, stored_cells, shown_cells
from stored
full join shown using (window_end)
where stored_cells is distinct from shown_cells
