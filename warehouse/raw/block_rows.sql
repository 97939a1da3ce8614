-- Stored once per content: a block read again with the same rows adds nothing.
select distinct series, period_start, block_hash, model_permaslug, total_tokens
from staged_block_rows
anti join raw.block_rows using (series, period_start, block_hash)
