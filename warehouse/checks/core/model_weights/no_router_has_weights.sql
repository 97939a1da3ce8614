-- What passes requests on has no weights.
select base_permaslug, valid_from, has_open_weights
from core.model_weights
join core.model_kinds using (base_permaslug)
where is_router
