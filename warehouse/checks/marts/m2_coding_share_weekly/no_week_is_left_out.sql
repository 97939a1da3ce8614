-- Every read week from M2's first one on has a row.
select week_start
from category_usage_weekly_as_of('infinity')
where category = 'programming'
    and week_start >= (
        select min(week_start)
        from category_usage_weekly_as_of('infinity')
        where category = 'programming' and base_permaslug = 'minimax/minimax-m2'
    )
except
select week_start
from marts.m2_coding_share_weekly
