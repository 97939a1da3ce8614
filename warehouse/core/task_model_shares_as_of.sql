-- core.task_model_shares as it was known at ts.
select
    period_start as window_end, macro_category, tag, model_permaslug, base_permaslug, variant, author,
    rank() over (partition by period_start, macro_category, tag order by tag_request_share desc) as request_rank,
    tag_token_share, tag_request_share,
    is_provisional, vintages, retrieved_at, capture, citation
from newest_blocks_as_of(ts)
join raw.task_rows using (block_hash)
where series = 'task_7d' and model_permaslug <> '*'
