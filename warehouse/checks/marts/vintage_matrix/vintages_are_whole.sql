-- Every followed period has a line for each of its vintages, and the newest of them says what was fetched last.
with shown as (
    select
        series, period_start, count(*) as lines,
        arg_max(block_tokens, vintage_number) as shown_tokens,
        arg_max_null(m2_tokens, vintage_number) as shown_m2_tokens
    from marts.vintage_matrix
    group by all
),
read_last as (
    select series, period_start, max(vintage_number) as vintages, arg_max(block_hash, retrieved_at) as block_hash
    from core.readings
    where series in ('usage_day', 'usage_week', 'category_week/programming')
    group by all
),
stored as (
    select
        series, period_start, vintages,
        sum(total_tokens)::bigint as block_tokens,
        (sum(total_tokens) filter (base_permaslug = m2()))::bigint as m2_tokens
    from read_last
    join raw.block_rows using (series, period_start, block_hash)
    group by all
)
select series, period_start, lines, vintages, shown_tokens, block_tokens, shown_m2_tokens, m2_tokens
from shown
full join stored using (series, period_start)
where (lines, shown_tokens, shown_m2_tokens) is distinct from (vintages, block_tokens, m2_tokens)
