-- How far are the first figures of a day or a week revised, and in which direction?
-- Does not show: changes between two fetches that were reverted, and spans in which nothing was fetched twice: they have no
-- line. Changes are of all tokens of the block, from one fetch to the next. Few days are a small sample: below ten there is
-- no t.
-- Tables: marts.revision_statistics
select
    series_kind, hours_after_close_from, hours_after_close_to, reading_pairs, day_clusters, changed_pairs,
    round(100 * changed_pair_share, 1) as changed_percent,
    round(100 * upward_pair_share, 1) as upward_percent,
    round(100 * mean_relative_revision, 4) as mean_change_percent,
    round(bias_t, 2) as bias_t,
    round(100 * mean_absolute_relative_revision, 4) as mean_absolute_change_percent,
    round(100 * max_relative_change, 4) as largest_change_percent,
    sign_flips, top_ten_changed_pairs, capture, citation
from marts.revision_statistics
order by series_kind, hours_after_close_from
