-- A day holds the tokens of its newest stored block, no more and no less.
with newest as (
    select series, period_start, block_hash
    from core.block_vintages
    where series = 'usage_day' and known_to is null
),
stored as (
    select period_start as usage_date, sum(total_tokens) as stored_tokens
    from newest
    join raw.block_rows using (series, period_start, block_hash)
    group by all
),
shown as (
    select usage_date, sum(total_tokens) as shown_tokens
    from core.model_usage_daily
    group by all
)
select usage_date, stored_tokens, shown_tokens
from stored
full join shown using (usage_date)
where stored_tokens is distinct from shown_tokens
