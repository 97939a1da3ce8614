-- Every name of a model that a ranking, task, session or benchmark ever listed, and its parts.
select model_permaslug, base_permaslug, variant, author, is_other
from raw.block_rows
union
select model_permaslug, base_permaslug, variant, author, false as is_other
from raw.task_rows
where model_permaslug <> '*'
union
select model_permaslug, base_permaslug, variant, author, false as is_other
from raw.session_cost_rows
union
select model_permaslug, base_permaslug, variant, author, false as is_other
from raw.benchmark_rows
