-- The share is the part of changed pairs. No mean is further from 0 than the mean of the absolute revisions, nor that than the
-- greatest one. Flips and changes of rank are of changed pairs alone, and a t is stated of ten days or more.
select
    series_kind, hours_after_close_from, day_clusters, reading_pairs, changed_pairs, changed_pair_share,
    mean_relative_revision, mean_absolute_relative_revision, max_relative_change, bias_t, compared_weekly_changes, sign_flips,
    top_ten_changed_pairs, top_ten_rank_changes
from marts.revision_statistics
where (
    abs(mean_relative_revision) <= mean_absolute_relative_revision * (1 + 1e-12)
    and mean_absolute_relative_revision <= coalesce(max_relative_change, 0) * changed_pair_share * (1 + 1e-12)
    and abs(changed_pair_share * reading_pairs - changed_pairs) < 1e-9
    and day_clusters between 1 and reading_pairs
    and sign_flips <= compared_weekly_changes
    and compared_weekly_changes <= changed_pairs
    and top_ten_changed_pairs <= least(changed_pairs, top_ten_rank_changes)
    and (bias_t is null or day_clusters >= 10)
) is not true
