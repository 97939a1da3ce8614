-- No name stands for a router and for a stealth model, and what passes requests on has no weights.
select base_permaslug, is_stealth, is_router, has_open_weights
from core.model_kinds
left join core.model_weights using (base_permaslug)
where is_router and (is_stealth or has_open_weights is not null)
