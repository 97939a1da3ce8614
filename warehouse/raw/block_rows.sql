-- Stored once per content, with all that follows from it: a block read again with the same rows adds nothing.
with added as (
    select distinct
        series, period_start, block_hash, model_permaslug, base_permaslug, variant, author, is_other, total_tokens
    from staged_block_rows
    anti join raw.block_rows using (series, period_start, block_hash)
)
select
    *,
    case when not is_other then rank() over (
        partition by series, period_start, block_hash, is_other order by total_tokens desc
    ) end as rank,
    sum(total_tokens) over (partition by series, period_start, block_hash) as block_tokens
from added
