select
    period_start as week_start,
    substr(series, strpos(series, '/') + 1) as category,
    model_permaslug,
    split_part(model_permaslug, ':', 1) as base_permaslug,
    case when contains(model_permaslug, ':')
        then substr(model_permaslug, strpos(model_permaslug, ':') + 1) else 'default' end as variant,
    case when model_permaslug <> 'other' then split_part(model_permaslug, '/', 1) end as author,
    model_permaslug = 'other' as is_other,
    total_tokens as tokens_estimate, known_from, known_to, is_listed, capture
from core.block_row_vintages
where series like 'category\_week/%' escape '\'
