-- What a reference row covers is not asked for again.
select kind, subject
from ops.unclassified
where (kind = 'author' and subject in (select author from reference.authors))
    or (kind = 'country' and subject in (select author from reference.authors where country is not null))
    or (kind = 'open weights' and subject in (select base_permaslug from core.model_weights))
