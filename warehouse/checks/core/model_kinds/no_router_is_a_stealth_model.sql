-- A router has no maker to hide, in these rows and in what people decided.
select base_permaslug, is_stealth, is_router
from core.model_kinds
where (is_stealth and is_router)
    or base_permaslug in (
        select base_permaslug
        from reference.routers
        join reference.stealth_models using (base_permaslug)
    )
