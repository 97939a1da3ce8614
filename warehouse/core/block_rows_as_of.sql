-- core.block_rows as it was known at ts: every rankings block, whatever its series.
with known as (
    select series, period_start, model_permaslug, base_permaslug, variant, author, is_other, total_tokens
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
    is_provisional, vintages, retrieved_at, capture, citation
from known
join newest_blocks_as_of(ts) using (series, period_start)
