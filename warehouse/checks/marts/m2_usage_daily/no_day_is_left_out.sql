-- Every read day from M2's first one on has a row.
select usage_date
from core.model_usage_daily
where usage_date >= (
    select min(usage_date)
    from core.model_usage_daily
    where base_permaslug = 'minimax/minimax-m2'
)
except
select usage_date
from marts.m2_usage_daily
