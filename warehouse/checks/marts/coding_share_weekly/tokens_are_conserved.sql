-- Summing variants into models keeps all tokens of the week but those of `other`.
with folded as (
    select week_start, sum(coding_tokens_estimate) as folded_tokens
    from marts.coding_share_weekly
    group by all
),
listed as (
    select period_start as week_start, sum(total_tokens) as listed_tokens
    from block_rows_as_of('infinity')
    where series = 'category_week/programming' and not is_other
    group by all
)
select week_start, folded_tokens, listed_tokens
from folded
full join listed using (week_start)
where folded_tokens is distinct from listed_tokens
