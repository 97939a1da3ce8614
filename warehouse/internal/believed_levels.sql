-- The newest accepted block of each period near those that are measured, its rows in lists. An app is named by its id.
with newest as (
    select
        series, period_start,
        max(retrieved_at) as retrieved_at,
        max_by(block_hash, (retrieved_at, exchange_id)) as block_hash,
        max_by(exchange_id, (retrieved_at, exchange_id)) as exchange_id
    from raw.readings
    join near using (series)
    where period_start between near.first and near.last
    group by all
)
select
    exchange_id, series, period_start, retrieved_at,
    list(model_permaslug) as models, list(total_tokens) as total_tokens
from newest
join raw.block_rows using (series, period_start, block_hash)
group by all
union all
select
    exchange_id, series, period_start, retrieved_at,
    list(app_id::varchar) as models, list(total_tokens) as total_tokens
from newest
join raw.app_rows using (block_hash)
where starts_with(series, 'app_')
group by all
