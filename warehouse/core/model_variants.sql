-- The one place where a model's name is taken apart: split at the first colon, the author before the first slash.
with named as (
    select model_permaslug from raw.block_rows
    union
    select model_permaslug from raw.task_rows where model_permaslug <> '*'
    union
    select model_permaslug from raw.session_cost_rows
    union
    select model_permaslug from raw.benchmark_rows
)
select
    model_permaslug,
    split_part(model_permaslug, ':', 1) as base_permaslug,
    case when contains(model_permaslug, ':')
        then substr(model_permaslug, strpos(model_permaslug, ':') + 1) else 'default' end as variant,
    case when model_permaslug <> 'other' then split_part(model_permaslug, '/', 1) end as author,
    model_permaslug = 'other' as is_other
from named
