select
    period_start as usage_date,
    model_permaslug, base_permaslug, variant, author, is_other,
    total_tokens, known_from, known_to, is_listed, capture
from core.block_row_vintages
where series = 'usage_day'
