-- Each newest block of a ranking has rows, and they are its whole: their shares sum to 1.
with rankings as (
    select series, period_start, block_hash
    from core.newest_blocks
    join reference.series using (series)
    where endpoint = '/datasets/rankings-daily'
)
select series, period_start, block_hash, sum(block_token_share) as share_sum
from rankings
left join raw.block_rows using (series, period_start, block_hash)
group by all
having not coalesce(abs(sum(block_token_share) - 1) < 1e-9, false)
