-- Which models succeeded M2, from M2.1 to M3, and how far did each come in coding?
-- Does not show: that users of one moved on to the next; nor a successor that no recorded week of coding lists: it has a
-- line without figures, and may have had less than the smallest listed model. The best rank and the peak are of final weeks.
-- Tables: marts.lineage_share_weekly, reference.model_lineages
select
    position, base_permaslug,
    min(week_start) filter (coding_rank is not null) as first_listed_week,
    max(week_start) filter (coding_rank is not null) as last_listed_week,
    count(coding_rank) as weeks_listed,
    min(coding_rank) filter (not is_provisional) as best_coding_rank,
    arg_max(week_start, coding_token_share) filter (not is_provisional) as peak_week,
    round(100 * max(coding_token_share) filter (not is_provisional), 2) as peak_percent,
    bool_or(is_provisional) as is_any_week_provisional,
    max(citation) as citation
from reference.model_lineages
left join marts.lineage_share_weekly using (lineage, position, base_permaslug)
where lineage = 'minimax-m2'
group by position, base_permaslug
order by position
