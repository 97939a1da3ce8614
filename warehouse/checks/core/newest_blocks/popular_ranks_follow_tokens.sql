-- Popular apps are ranked by their tokens in the window: ranks count up from 1, and tokens do not rise with them.
select series, period_start, app_id, app_rank, total_tokens
from core.newest_blocks
join raw.app_rows using (block_hash)
where split_part(series, '/', 2) = 'popular'
window list as (partition by series, period_start order by app_rank)
qualify app_rank <> row_number() over list or total_tokens > lag(total_tokens) over list
