select
    period_start as week_start,
    substr(series, strpos(series, '/') + 1) as language_type,
    model_permaslug, base_permaslug, variant, author, is_other,
    total_tokens as tokens_estimate, known_from, known_to, is_listed, capture
from core.block_row_vintages
where starts_with(series, 'language_week/')
