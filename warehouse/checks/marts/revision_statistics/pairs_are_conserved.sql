-- Every pair of fetches after the close is in one span, and every vintage that began in one is a changed pair.
with pairs as (
    select
        series_kind,
        vintage_number <> lag(vintage_number) over block as is_changed,
        capture = lag(capture) over block as is_pair
    from core.readings
    join core.blocks using (series, period_start)
    join reference.series using (series)
    where endpoint = '/datasets/rankings-daily' and retrieved_at >= closes_at
    window block as (partition by series, period_start order by retrieved_at)
),
read as (
    select series_kind, count(*) as pairs_read, count_if(is_changed) as changes_read
    from pairs
    where is_pair
    group by all
),
shown as (
    select series_kind, sum(reading_pairs) as pairs_shown, sum(changed_pairs) as changes_shown
    from marts.revision_statistics
    group by all
)
select series_kind, pairs_read, pairs_shown, changes_read, changes_shown
from read
full join shown using (series_kind)
where (pairs_read, changes_read) is distinct from (pairs_shown, changes_shown)
