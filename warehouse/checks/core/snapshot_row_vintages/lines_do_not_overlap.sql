-- Each line of a row ends where its next one begins.
select series, period_start, row_key, known_from, known_to
from core.snapshot_row_vintages
qualify known_to <= known_from or known_to is distinct from lead(known_from) over (
    partition by series, period_start, row_key order by known_from
)
