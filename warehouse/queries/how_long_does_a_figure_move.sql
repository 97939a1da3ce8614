-- How long after its close does a day or a week still move from one reading to the next?
-- Does not show: moves between two readings that came back to where they were, and spans in which nothing was read twice:
-- they have no line. Relative changes are of all tokens of the block.
-- Tables: marts.revision_curve
select
    series_kind, hours_after_close_from, hours_after_close_to, reading_pairs, changed_pairs,
    round(100 * median_relative_change, 4) as median_change_percent,
    round(100 * max_relative_change, 4) as largest_change_percent,
    capture, citation
from marts.revision_curve
order by series_kind, hours_after_close_from
