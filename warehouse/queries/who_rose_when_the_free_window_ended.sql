-- Which models rose in the days in which M2's free window ended?
-- Does not show: where M2's users went, as shares show totals only; what moved in the same days need not have moved for that
-- reason. Changes are against the seven days before. The column of 14 days before is the path until then: above 0, a model
-- had fallen already. A model that is not listed counts as 0, and its tokens as all others. From day 7 on a large launch is
-- among these, which lowers every other share.
-- Tables: marts.event_studies
select
    event_on, base_permaslug, event_role,
    round(100 * any_value(listed_share_before), 2) as seven_days_before_percent,
    round(any_value(listed_change_pp) filter (days_from = -14), 2) as from_14_days_before_pp,
    round(any_value(listed_change_pp) filter (days_from = 0), 2) as from_day_0_pp,
    round(any_value(listed_change_pp) filter (days_from = 7), 2) as from_day_7_pp,
    round(any_value(listed_change_pp) filter (days_from = 14), 2) as from_day_14_pp,
    round(any_value(listed_change_pp) filter (days_from = 21), 2) as from_day_21_pp,
    any_value(control) as control,
    bool_or(is_provisional) as is_provisional,
    max(citation) as citation
from marts.event_studies
where event_kind = 'free_window_end' and event_model = 'minimax/minimax-m2'
group by event_on, base_permaslug, event_role
order by event_on, from_day_0_pp desc, base_permaslug
