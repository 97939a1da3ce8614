-- Each newest block has rows, in one of the tables of rows, and those of a ranking are its whole: their shares sum to 1.
with stored as (
    select series, period_start, block_hash, sum(block_token_share) as share_sum
    from core.newest_blocks
    join raw.block_rows using (series, period_start, block_hash)
    group by all
    union all
    select series, period_start, block_hash, 1 as share_sum
    from core.newest_blocks
    where block_hash in (select block_hash from core.snapshot_rows)
)
select series, period_start, block_hash, sum(share_sum) as share_sum
from core.newest_blocks
left join stored using (series, period_start, block_hash)
group by all
having not coalesce(abs(sum(share_sum) - 1) < 1e-9, false)
