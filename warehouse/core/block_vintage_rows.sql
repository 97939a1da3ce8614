-- The rows of every vintage of a rankings block, whole: what it said of each model before it was revised.
select
    series, period_start, vintage_number, model_permaslug, base_permaslug, variant, author, is_other, total_tokens, capture,
    known_from, known_to
from core.block_vintages
join raw.block_rows using (series, period_start, block_hash)
