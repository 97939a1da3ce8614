-- One answer for each day: a span begins where the one before it ends, and the last one is open.
select base_permaslug, valid_from, valid_to
from core.model_weights
qualify valid_to <= valid_from
    or valid_to is distinct from lead(valid_from) over (partition by base_permaslug order by valid_from)
