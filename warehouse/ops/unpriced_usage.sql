-- What of a day's listed tokens meets no price of that day. The catalogue has no past: days before its first fetch have none.
with listed as (
    select usage_date, model_permaslug, total_tokens
    from core.model_usage_daily
    where not is_other and usage_date >= (select min(timezone('UTC', known_from)::date) from core.model_prices)
),
priced as (
    select usage_date, model_permaslug, bool_or(prompt_usd_per_million is not null) as is_priced
    from listed
    join core.model_prices using (model_permaslug)
    where timezone('UTC', known_from)::date <= usage_date
        and (known_to is null or timezone('UTC', known_to)::date > usage_date)
    group by all
),
judged as (
    select usage_date, model_permaslug, total_tokens, coalesce(is_priced, false) as is_priced
    from listed
    left join priced using (usage_date, model_permaslug)
)
select
    usage_date,
    sum(total_tokens)::bigint as listed_tokens,
    coalesce(sum(total_tokens) filter (not is_priced), 0)::bigint as unpriced_tokens,
    coalesce(sum(total_tokens) filter (not is_priced), 0) / nullif(sum(total_tokens), 0) as unpriced_token_share,
    coalesce(
        array_agg(model_permaslug order by total_tokens desc, model_permaslug) filter (not is_priced), []
    ) as unpriced_models
from judged
group by usage_date
