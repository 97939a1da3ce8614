-- Each newest block of a ranking has rows, and they are its whole: they sum to what their shares are taken of.
with rankings as (
    select series, period_start, block_hash
    from core.newest_blocks
    join reference.series using (series)
    where endpoint = '/datasets/rankings-daily'
)
select series, period_start, block_hash, sum(total_tokens) as listed_tokens, min(block_tokens) as block_tokens
from rankings
left join raw.block_rows using (series, period_start, block_hash)
group by all
having (sum(total_tokens) = min(block_tokens) and sum(total_tokens) = max(block_tokens) and sum(total_tokens) > 0) is not true
