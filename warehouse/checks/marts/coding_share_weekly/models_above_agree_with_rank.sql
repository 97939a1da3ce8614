-- The models above are as many as the rank says, `other` never among them.
select week_start, base_permaslug, coding_rank, models_above
from marts.coding_share_weekly
where len(models_above) is distinct from coding_rank - 1
    or list_contains(models_above, 'other')
    or base_permaslug = 'other'
