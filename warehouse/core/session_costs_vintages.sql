select
    period_start as window_end, app_slug, turn_range, model_permaslug, base_permaslug, variant, author,
    case when is_listed then median_session_cost_usd end as median_session_cost_usd,
    known_from, known_to, is_listed, capture
from core.snapshot_row_vintages as lines
join raw.session_cost_rows as cells
    on cells.block_hash = lines.block_hash and concat_ws(chr(31), app_slug, turn_range, model_permaslug) = lines.row_key
