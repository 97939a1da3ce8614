-- A line stands for a change: the line before it has another value, or another capture.
select series, period_start, model_permaslug, known_from, total_tokens
from core.block_row_vintages
qualify (total_tokens, is_listed, capture) is not distinct from lag((total_tokens, is_listed, capture)) over (
    partition by series, period_start, model_permaslug order by known_from
)
