-- A router is not a model whose maker is hidden, and is named without a variant.
select base_permaslug
from reference.routers
where base_permaslug in (select base_permaslug from reference.stealth_models) or contains(base_permaslug, ':')
