-- More requests rank higher within a tag, only equal shares share a rank, and the first is 1.
select window_end, macro_category, tag, model_permaslug, request_rank, tag_request_share
from core.task_model_shares
qualify request_rank <> 1 + count(*) over (
    partition by window_end, macro_category, tag
    order by tag_request_share desc
    range between unbounded preceding and current row exclude group
)
