-- Popular apps are ranked by their tokens in the window: ranks count up from 1, and tokens do not rise with them.
select window_end, window_days, app_category, app_id, app_rank, total_tokens
from core.app_usage
where app_sort = 'popular'
window list as (partition by window_end, window_days, app_category order by app_rank)
qualify app_rank <> row_number() over list or total_tokens > lag(total_tokens) over list
