-- Summing variants into models, `other` apart, keeps all tokens of each weekly block.
with folded as (
    select series, week_start, sum(model_tokens) as folded_tokens
    from core.model_shares_weekly
    group by all
),
listed as (
    select series, period_start as week_start, sum(total_tokens) as listed_tokens
    from block_rows_as_of('infinity')
    where not is_other and series in (select series from core.model_shares_weekly)
    group by all
)
select series, week_start, folded_tokens, listed_tokens
from folded
full join listed using (series, week_start)
where folded_tokens is distinct from listed_tokens
