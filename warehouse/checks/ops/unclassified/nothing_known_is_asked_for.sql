-- A name that a reference row classifies is not listed as unclassified.
select attribute, subject
from ops.unclassified
where (attribute = 'author' and subject in (select author from reference.authors))
    or (attribute = 'country' and subject in (select author from reference.authors where country is not null))
    or (attribute = 'gateway lab' and subject in (select lab from reference.gateway_labs))
    or (attribute = 'open weights' and subject in (select base_permaslug from core.model_weights))
