-- core.task_shares as it was known at ts.
select
    period_start as window_end, macro_category, tag, display_name,
    classified_token_share, classified_request_share, macro_token_share, macro_request_share,
    is_provisional, vintages, retrieved_at, capture, citation
from newest_blocks_as_of(ts)
join raw.task_rows using (block_hash)
where series = 'task_7d' and model_permaslug = '*'
