-- A restatement changes a value, and is fetched after the value that it changes.
select series, period_start, model_permaslug, tokens_before, tokens_after, known_before, known_after
from marts.restatements
where tokens_before is not distinct from tokens_after or known_after <= known_before
