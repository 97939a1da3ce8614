-- core.block_rows as it was known at ts: every rankings block, whatever its series.
with read_by_then as (
    select
        series, period_start,
        max(retrieved_at) as retrieved_at,
        arg_max(citation, retrieved_at) as citation,
        max(vintage_number) as vintages
    from core.readings
    where retrieved_at <= ts::timestamptz
    group by all
),
known as (
    select
        series, period_start, model_permaslug, base_permaslug, variant, author, is_other, total_tokens, capture
    from core.block_row_vintages
    where is_listed and known_from <= ts::timestamptz and (known_to is null or known_to > ts::timestamptz)
)
select
    series, period_start, known.model_permaslug, known.base_permaslug, known.variant, known.author, known.is_other,
    known.total_tokens,
    case when not is_other then rank() over (
        partition by series, period_start, is_other order by total_tokens desc
    ) end as rank,
    total_tokens / sum(total_tokens) over (partition by series, period_start) as block_token_share,
    blocks.final_from is null or blocks.final_from > ts::timestamptz as is_provisional,
    read_by_then.vintages, read_by_then.retrieved_at, known.capture, read_by_then.citation
from known
join read_by_then using (series, period_start)
join core.blocks using (series, period_start)
