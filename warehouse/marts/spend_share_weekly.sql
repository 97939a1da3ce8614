-- What the listed tokens of a week cost by the list price of their day. How many of a model's tokens are completions is not
-- known: its spend lies between all of them at the cheaper of its two prices and all at the dearer, and its share is least
-- where it is at its cheap end and all others at their dear one.
with catalogues as (
    select retrieved_at as price_retrieved_at, max(citation) as price_citation
    from core.readings
    where split_part(series, '/', 1) = 'models'
    group by all
),
first_catalogue as (
    -- Earlier days have no prices at all.
    select timezone('UTC', min(price_retrieved_at))::date as first_day
    from catalogues
),
whole_weeks as (
    -- Weeks of which each day that exists in the source was fetched.
    select
        week_start, first_day, days_in_week,
        count(*) filter (period_start >= first_day) as days_priced,
        timezone('UTC', (week_start + 7)::timestamp) as ends_at,
        bool_or(is_provisional) as is_provisional,
        max(struct_pack(at := retrieved_at, line := citation)) as newest,
        max(capture) as capture
    from core.newest_blocks
    join core.weeks on week_start = date_trunc('week', period_start)::date
    cross join first_catalogue
    where series = 'usage_day' and period_start not in (select usage_date from reference.known_holes)
    group by week_start, first_day, days_in_week
    having count(*) = days_in_week and days_priced > 0
),
cited_weeks as (
    -- With the newest catalogue by the end of each.
    select
        week_start, days_in_week, days_priced, is_provisional, newest, capture, price_retrieved_at, price_citation
    from whole_weeks
    asof join catalogues on price_retrieved_at < ends_at
),
used as (
    select
        week_start, model_permaslug, base_permaslug, is_other, total_tokens,
        split_part(variant, ':', 1) = 'free' as is_free,
        timezone('UTC', (usage_date + 1)::timestamp) as day_ends_at
    from core.model_usage_daily
    join whole_weeks on week_start = date_trunc('week', usage_date)::date
    where usage_date >= first_day
),
standing as (
    -- An end that may be NULL would have every day compared with every span of every model.
    select
        model_permaslug, known_from,
        coalesce(known_to, 'infinity'::timestamptz) as stands_until,
        prompt_usd_per_million as prompt_price,
        -- What has no completions is paid for by its prompts.
        if(price_unit = 'input token', prompt_usd_per_million, completion_usd_per_million) as completion_price
    from core.model_prices
),
priced as (
    -- By the price at the end of the day. Free is in the name.
    select
        week_start, base_permaslug, is_other, total_tokens,
        case when is_free then 0 else prompt_price end as prompt_price,
        case when is_free then 0 else completion_price end as completion_price
    from used
    left join standing
        on standing.model_permaslug = used.model_permaslug
        and known_from < day_ends_at
        and stands_until >= day_ends_at
),
costs as (
    -- In millionths of a dollar, exactly. Three prompt tokens and one completion token are four: shares are the same.
    select
        week_start, base_permaslug, is_other, tokens,
        prompt_price is not null and completion_price is not null as is_priced,
        is_priced and prompt_price = 0 and completion_price = 0 as is_at_zero,
        case when is_priced then tokens * least(prompt_price, completion_price) end as least_cost,
        case when is_priced then tokens * greatest(prompt_price, completion_price) end as most_cost,
        case when is_priced then tokens * (3 * prompt_price + completion_price) end as cost_of_four
    from (
        select
            week_start, base_permaslug, is_other, prompt_price, completion_price,
            sum(total_tokens)::bigint as tokens
        from priced
        group by all
    )
),
sums as (
    select
        week_start, spend_of, subject, is_other,
        sum(tokens)::bigint as tokens,
        coalesce(sum(tokens) filter (is_priced), 0)::bigint as priced_tokens,
        coalesce(sum(tokens) filter (is_at_zero), 0)::bigint as zero_price_tokens,
        sum(least_cost) as least_cost,
        sum(most_cost) as most_cost,
        sum(cost_of_four) as cost_of_four
    from (
        select
            * exclude (base_permaslug),
            unnest([
                {spend_of: 'model', subject: base_permaslug},
                {spend_of: 'author', subject: coalesce(canonical_author, 'unclassified')}
            ], recursive := true)
        from costs
        left join core.models using (base_permaslug)
    )
    group by all
),
totals as (
    select
        week_start, spend_of,
        sum(tokens)::bigint as all_tokens,
        sum(tokens) filter (not is_other)::bigint as all_listed_tokens,
        sum(priced_tokens)::bigint as all_priced_tokens,
        sum(least_cost) as all_least_cost,
        sum(most_cost) as all_most_cost,
        sum(cost_of_four) as all_cost_of_four
    from sums
    group by all
)
select
    week_start, spend_of, subject,
    tokens as listed_tokens,
    priced_tokens, zero_price_tokens,
    tokens - priced_tokens as unpriced_tokens,
    priced_tokens / nullif(all_priced_tokens, 0) as priced_token_share,
    cost_of_four / nullif(all_cost_of_four, 0) as list_spend_share_estimate,
    least_cost / nullif(all_most_cost - most_cost + least_cost, 0) as list_spend_share_lower,
    most_cost / nullif(all_least_cost - least_cost + most_cost, 0) as list_spend_share_upper,
    (cost_of_four * 0.00000025)::decimal(18, 6) as list_spend_usd_estimate,
    (least_cost * 0.000001)::decimal(18, 6) as list_spend_usd_lower,
    (most_cost * 0.000001)::decimal(18, 6) as list_spend_usd_upper,
    0.25::double as completion_token_share_estimate,
    (all_listed_tokens - all_priced_tokens) / all_listed_tokens as unpriced_token_share,
    all_priced_tokens / all_tokens as covered_token_share,
    days_priced, days_in_week, is_provisional,
    newest.at as retrieved_at,
    capture,
    newest.line as citation,
    price_retrieved_at, price_citation
from sums
join totals using (week_start, spend_of)
join cited_weeks using (week_start)
where not is_other
