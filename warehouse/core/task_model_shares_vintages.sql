select
    period_start as window_end, macro_category, tag, model_permaslug, base_permaslug, variant, author,
    case when is_listed then tag_token_share end as tag_token_share,
    case when is_listed then tag_request_share end as tag_request_share,
    known_from, known_to, is_listed, capture
from core.snapshot_row_vintages as lines
join raw.task_rows as stated
    on stated.block_hash = lines.block_hash
    and concat_ws(chr(31), macro_category, tag, model_permaslug) = lines.row_key
where model_permaslug <> '*'
