-- How much a figure still moved from one fetch to the next, by the time the first of the two was taken after the close.
select
    series_kind, hours_after_close_from, hours_after_close_to, reading_pairs, changed_pairs, max_relative_change
from marts.revision_statistics
order by series_kind, hours_after_close_from
