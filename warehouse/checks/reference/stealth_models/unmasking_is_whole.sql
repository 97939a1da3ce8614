-- A day of unmasking without the model, or a model unmasked as itself, is a slip.
select base_permaslug, unmasked_as, unmasked_on
from reference.stealth_models
where (unmasked_on is not null and unmasked_as is null)
    or unmasked_as = base_permaslug
