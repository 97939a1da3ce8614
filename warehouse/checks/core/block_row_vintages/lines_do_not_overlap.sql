-- Each line ends where the next one begins.
select series, period_start, model_permaslug, known_from, known_to
from core.block_row_vintages
qualify known_to <= known_from or known_to is distinct from lead(known_from) over (
    partition by series, period_start, model_permaslug order by known_from
)
