-- An allocated week keeps its tokens: M2's are all in its days, and the category's too, but for days before M2 was seen.
with allocated as (
    select
        date_trunc('week', usage_date)::date as week_start,
        sum(day_coding_tokens_estimate) as day_coding_tokens,
        sum(day_category_tokens_estimate) as day_category_tokens,
        count(*) as days
    from marts.m2_coding_share_daily
    where method = 'allocated'
    group by all
)
select week_start, days, day_coding_tokens, coding_tokens_estimate, day_category_tokens, category_tokens_estimate
from allocated
join core.weeks using (week_start)
join marts.m2_coding_share_weekly using (week_start)
where abs(day_coding_tokens - coding_tokens_estimate) > 1e-9 * coding_tokens_estimate
    or day_category_tokens > (1 + 1e-9) * category_tokens_estimate
    or (days >= weeks.days_in_week and day_category_tokens < (1 - 1e-9) * category_tokens_estimate)
