-- Whatever a block ever listed is a known variant.
select distinct model_permaslug
from core.block_row_vintages
where is_listed and not is_other
except
select model_permaslug
from core.known_variants
