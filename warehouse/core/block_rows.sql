-- Every rankings block, whatever its series.
select
    series, period_start, model_permaslug, base_permaslug, variant, author, is_other, total_tokens, rank,
    total_tokens / block_tokens as block_token_share, is_provisional, vintages, retrieved_at, newest.capture, citation
from core.newest_blocks as newest
join raw.block_rows using (series, period_start, block_hash)
