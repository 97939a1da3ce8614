-- Which days and weeks were restated most after their first fetch?
-- Does not show: changes before the close of a period. A figure that entered or left the list has no tokens on one side: it
-- is counted, and not summed.
-- Tables: marts.restatements
select
    series, period_start,
    count(*) as figures_changed,
    count(*) - count(tokens_after - tokens_before) as entered_or_left,
    sum(tokens_after - tokens_before)::bigint as tokens_added,
    round(100 * sum(tokens_after - tokens_before) / sum(tokens_before) filter (tokens_after is not null), 4) as change_percent,
    round(max(hours_after_close), 1) as hours_after_close,
    max(citation) as citation
from marts.restatements
group by series, period_start
order by abs(tokens_added) desc nulls last, series, period_start
limit 10
