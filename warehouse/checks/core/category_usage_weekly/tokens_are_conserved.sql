-- A week holds the tokens of its newest stored block, no more and no less.
with newest as (
    select series, period_start, block_hash
    from core.block_vintages
    where series like 'category\_week/%' escape '\' and known_to is null
),
stored as (
    select period_start as week_start, substr(series, 15) as category, sum(total_tokens) as stored_tokens
    from newest
    join raw.block_rows using (series, period_start, block_hash)
    group by all
),
shown as (
    select week_start, category, sum(tokens_estimate) as shown_tokens
    from core.category_usage_weekly
    group by all
)
select week_start, category, stored_tokens, shown_tokens
from stored
full join shown using (week_start, category)
where stored_tokens is distinct from shown_tokens
