-- Every read week from M2's first one on has a row.
select period_start as week_start
from block_rows_as_of('infinity')
where series = 'category_week/programming'
    and period_start >= (
        select min(period_start)
        from block_rows_as_of('infinity')
        where series = 'category_week/programming' and base_permaslug = 'minimax/minimax-m2'
    )
except
select week_start
from marts.m2_coding_share_weekly
