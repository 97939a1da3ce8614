-- core.category_usage_weekly as it was known at ts.
with read_by_then as (
    select
        period_start as week_start,
        substr(series, strpos(series, '/') + 1) as category,
        max(retrieved_at) as retrieved_at,
        arg_max(citation, retrieved_at) as citation,
        max(vintage_number) as vintages
    from core.readings
    where series like 'category\_week/%' escape '\' and retrieved_at <= ts::timestamptz
    group by all
),
settled as (
    select period_start as week_start, substr(series, strpos(series, '/') + 1) as category, final_from
    from core.blocks
    where series like 'category\_week/%' escape '\'
),
known as (
    select week_start, category, model_permaslug, base_permaslug, variant, author, is_other, tokens_estimate, capture
    from core.category_usage_weekly_vintages
    where is_listed and known_from <= ts::timestamptz and (known_to is null or known_to > ts::timestamptz)
)
select
    week_start, category, model_permaslug, base_permaslug, variant, author, is_other, tokens_estimate,
    case when not is_other then rank() over (
        partition by week_start, category, is_other order by tokens_estimate desc
    ) end as rank,
    tokens_estimate / sum(tokens_estimate) over (partition by week_start, category) as category_token_share,
    final_from is null or final_from > ts::timestamptz as is_provisional,
    vintages, retrieved_at, capture, citation
from known
join read_by_then using (week_start, category)
join settled using (week_start, category)
