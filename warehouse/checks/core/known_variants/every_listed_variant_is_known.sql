-- Whatever a block ever listed is a known variant.
select model_permaslug
from core.block_vintages
join raw.block_rows using (series, period_start, block_hash)
where not is_other
except
select model_permaslug
from core.known_variants
