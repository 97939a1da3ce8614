-- A list of apps holds the tokens of its newest stored block, no more and no less.
with newest as (
    select
        series, period_start as window_end,
        arg_max(block_hash, retrieved_at) as block_hash
    from core.readings
    where series like 'app\_%' escape '\'
    group by all
),
stored as (
    select series, window_end, sum(total_tokens) as stored_tokens
    from newest
    join raw.app_rows using (block_hash)
    group by all
),
shown as (
    select
        concat_ws('/', 'app_' || window_days || 'd', app_sort, nullif(app_category, 'all')) as series,
        window_end, sum(total_tokens) as shown_tokens
    from core.app_usage
    group by all
)
select series, window_end, stored_tokens, shown_tokens
from stored
full join shown using (series, window_end)
where stored_tokens is distinct from shown_tokens
