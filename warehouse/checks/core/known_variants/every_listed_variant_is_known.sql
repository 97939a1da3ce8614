-- Whatever a block ever listed is a known variant.
select distinct model_permaslug
from core.block_vintage_rows
where not is_other
except
select model_permaslug
from core.known_variants
