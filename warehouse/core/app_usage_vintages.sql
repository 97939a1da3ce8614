select
    period_start as window_end,
    (case when starts_with(series, 'app_1d/') then 1 else 30 end)::bigint as window_days,
    split_part(series, '/', 2) as app_sort,
    coalesce(nullif(split_part(series, '/', 3), ''), 'all') as app_category,
    app_id,
    case when is_listed then app_rank end as app_rank,
    case when is_listed then total_tokens end as total_tokens,
    case when is_listed then total_requests end as total_requests,
    known_from, known_to, is_listed, capture
from core.snapshot_row_vintages as lines
join raw.app_rows as apps on apps.block_hash = lines.block_hash and apps.app_id::varchar = lines.row_key
