-- Each value that a day or week of the platform, or a week of coding, has had, and from when to when it was the known one: a
-- real-time data matrix in long form. What was confirmed has one line, however often it was fetched.
with vintages as (
    select
        series, period_start, vintage_number, known_from, known_to,
        sum(total_tokens)::bigint as block_tokens,
        (sum(total_tokens) filter (base_permaslug = m2()))::bigint as m2_tokens
    from core.block_vintage_rows
    where series in ('usage_day', 'usage_week', 'category_week/programming')
    group by all
),
newest_readings as (
    select
        series, period_start, vintage_number, retrieved_at, capture, citation
    from core.readings
    where series in ('usage_day', 'usage_week', 'category_week/programming')
    qualify row_number() over (partition by series, period_start, vintage_number order by retrieved_at desc) = 1
)
select
    series, period_start, vintage_number, known_from, known_to,
    (epoch(known_from) - epoch(closes_at)) / 3600 as hours_after_close,
    block_tokens, m2_tokens,
    m2_tokens / block_tokens as m2_token_share,
    retrieved_at, capture, citation
from vintages
join newest_readings using (series, period_start, vintage_number)
join core.blocks using (series, period_start)
