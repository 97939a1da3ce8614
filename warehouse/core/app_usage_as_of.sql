-- core.app_usage as it was known at ts.
with names_by_then as (
    select app_id, arg_max(app_name, (retrieved_at, app_name)) as app_name
    from raw.app_names
    where date_trunc('second', retrieved_at) <= ts::timestamptz
    group by all
)
select
    period_start as window_end,
    (case when starts_with(series, 'app_1d/') then 1 else 30 end)::bigint as window_days,
    split_part(series, '/', 2) as app_sort,
    coalesce(nullif(split_part(series, '/', 3), ''), 'all') as app_category,
    app_id, app_name, app_rank, total_tokens, total_requests, is_provisional, vintages, retrieved_at, capture, citation
from newest_blocks_as_of(ts)
join raw.app_rows using (block_hash)
left join names_by_then using (app_id)
