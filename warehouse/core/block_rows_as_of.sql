-- core.block_rows as it was known at ts: every rankings block, whatever its series.
with known as (
    select
        series, period_start, model_permaslug, base_permaslug, variant, author, is_other, total_tokens, is_provisional, vintages,
        retrieved_at, newest.capture, citation
    from newest_blocks_as_of(ts) as newest
    join core.block_row_vintages using (series, period_start)
    where is_listed and known_from <= retrieved_at and (known_to is null or known_to > retrieved_at)
)
select
    series, period_start, model_permaslug, base_permaslug, variant, author, is_other, total_tokens,
    case when not is_other then rank() over (
        partition by series, period_start, is_other order by total_tokens desc
    ) end as rank,
    total_tokens / sum(total_tokens) over (partition by series, period_start) as block_token_share,
    is_provisional, vintages, retrieved_at, capture, citation
from known
