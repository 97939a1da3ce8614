-- core.model_usage_daily as it was known at ts.
with read_by_then as (
    select
        period_start as usage_date,
        max(retrieved_at) as retrieved_at,
        arg_max(citation, retrieved_at) as citation
    from core.readings
    where series = 'usage_day' and retrieved_at <= ts::timestamptz
    group by all
),
settled as (
    select period_start as usage_date, final_from
    from core.blocks
    where series = 'usage_day'
),
known as (
    select usage_date, model_permaslug, base_permaslug, variant, author, is_other, total_tokens, capture
    from core.model_usage_daily_vintages
    where is_listed and known_from <= ts::timestamptz and (known_to is null or known_to > ts::timestamptz)
)
select
    usage_date, model_permaslug, base_permaslug, variant, author, is_other, total_tokens,
    case when not is_other then rank() over (partition by usage_date, is_other order by total_tokens desc) end as rank,
    total_tokens / sum(total_tokens) over (partition by usage_date) as platform_token_share,
    final_from is null or final_from > ts::timestamptz as is_provisional,
    retrieved_at, capture, citation
from known
join read_by_then using (usage_date)
join settled using (usage_date)
