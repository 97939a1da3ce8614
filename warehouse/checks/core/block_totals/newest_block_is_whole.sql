-- The newest vintage of a block sums to its stored rows, and no block is left out.
with newest as (
    select series, period_start, arg_max(block_tokens, vintage_number) as block_tokens
    from core.block_totals
    group by all
),
listed as (
    select series, period_start, sum(total_tokens) as listed_tokens
    from core.block_vintages
    join raw.block_rows using (series, period_start, block_hash)
    where known_to is null
    group by all
)
select series, period_start, block_tokens, listed_tokens
from newest
full join listed using (series, period_start)
where block_tokens is distinct from listed_tokens
