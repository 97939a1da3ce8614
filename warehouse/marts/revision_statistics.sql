-- Each fetch of a ranking at or after the close, beside the next one: how often, how far and in which direction did the block
-- still move? Only blocks that moved are looked into; the others moved by nothing.
with readings_after_close as (
    select
        series, series_kind, grain, period_start, retrieved_at, closes_at, vintage_number, capture, citation, as_of,
        (epoch(retrieved_at) - epoch(closes_at)) / 3600 as hours_after_close
    from core.readings
    join reference.series using (series)
    join core.blocks using (series, period_start)
    where endpoint = '/datasets/rankings-daily' and retrieved_at >= closes_at
),
followed as (
    select
        *,
        lead(vintage_number) over block as next_vintage_number,
        lead(retrieved_at) over block as next_retrieved_at,
        lead(capture) over block as next_capture,
        lead(citation) over block as next_citation,
        lead(as_of) over block as next_as_of
    from readings_after_close
    window block as (partition by series, period_start order by retrieved_at)
),
buckets as (
    select hours_after_close_from, lead(hours_after_close_from) over (order by hours_after_close_from) as hours_after_close_to
    from (select unnest([0, 1, 2, 4, 8, 16, 24, 48, 96, 192, 384]::double[]) as hours_after_close_from)
),
pairs as (
    select
        followed.* exclude (next_capture),
        hours_after_close_from, hours_after_close_to,
        is_restated(vintage_number, next_vintage_number, retrieved_at, closes_at) as is_changed,
        row_number() over () as pair
    from followed
    join buckets
        on hours_after_close >= hours_after_close_from
        and (hours_after_close_to is null or hours_after_close < hours_after_close_to)
    where next_capture = capture
),
changed as (
    select
        *,
        (period_start - case when grain = 'month' then interval 1 month else interval 7 days end)::date as earlier_start
    from pairs
    where is_changed
),
earlier as (
    -- What the change of a week is counted from, as it was known at the later of the two fetches: what moves is the pair's own
    -- block alone.
    select pair, changed.series, changed.earlier_start as period_start, readings.vintage_number
    from changed
    asof join core.readings as readings
        on readings.series = changed.series
        and readings.period_start = changed.earlier_start
        and readings.capture = changed.capture
        and readings.retrieved_at <= changed.next_retrieved_at
),
blocks as (
    select pair, 'first' as side, series, period_start, vintage_number from changed
    union all
    select pair, 'next' as side, series, period_start, next_vintage_number as vintage_number from changed
    union all
    select pair, 'earlier' as side, series, period_start, vintage_number from earlier
),
listed as (
    select pair, side, model_permaslug, base_permaslug, is_other, total_tokens
    from blocks
    join core.block_vintage_rows using (series, period_start, vintage_number)
),
totals as (
    select
        pair, side,
        sum(total_tokens)::bigint as block_tokens,
        arg_max(model_permaslug, (total_tokens, model_permaslug)) filter (not is_other) as largest_model_permaslug,
        max(total_tokens) filter (not is_other) as largest_row_tokens
    from listed
    group by all
),
places as (
    select pair, side, base_permaslug, rank() over (partition by pair, side order by sum(total_tokens) desc) as place
    from listed
    where side <> 'earlier' and not is_other
    group by pair, side, base_permaslug
    qualify place <= 10
),
moved_places as (
    select pair, base_permaslug
    from places
    group by all
    -- A model that enters or leaves the ten has a place on one side only.
    having count(*) = 1 or min(place) <> max(place)
),
rank_changes as (
    select pair, count(*) as top_ten_rank_changes
    from moved_places
    group by all
),
moves as (
    select
        pair,
        (next.block_tokens - first.block_tokens) / first.block_tokens as revision,
        -- The largest row is followed while it is the same model.
        case when next.largest_model_permaslug = first.largest_model_permaslug then
            abs(next.largest_row_tokens - first.largest_row_tokens) / first.largest_row_tokens
        end as largest_row_relative_change,
        sign(first.block_tokens - earlier.block_tokens) <> sign(next.block_tokens - earlier.block_tokens) as is_flipped,
        coalesce(top_ten_rank_changes, 0) as top_ten_rank_changes
    from (from totals where side = 'first') as first
    join (from totals where side = 'next') as next using (pair)
    left join (from totals where side = 'earlier') as earlier using (pair)
    left join rank_changes using (pair)
),
revisions as (
    select
        series_kind, hours_after_close_from, hours_after_close_to, is_changed, capture, next_citation, next_as_of,
        -- What the fetches of one day found is one cause: a correction by the source moves many periods at once.
        timezone('UTC', next_retrieved_at)::date as seen_on,
        coalesce(revision, 0) as revision,
        largest_row_relative_change, is_flipped, top_ten_rank_changes
    from pairs
    left join moves using (pair)
),
-- Sums of fractions are taken in one order, so that the same fetches give the same figure to the last digit.
days as (
    select
        series_kind, hours_after_close_from, seen_on,
        count(*) as pairs_of_day,
        sum(revision order by revision) as revision_of_day
    from revisions
    group by all
),
means as (
    select
        series_kind, hours_after_close_from,
        count(*) as day_clusters,
        sum(revision_of_day order by seen_on) / sum(pairs_of_day) as mean_revision
    from days
    group by all
),
errors as (
    select
        series_kind, hours_after_close_from, day_clusters, mean_revision,
        sqrt(
            day_clusters / nullif(day_clusters - 1, 0)
            * sum((revision_of_day - pairs_of_day * mean_revision) ** 2 order by seen_on)
        ) / sum(pairs_of_day) as standard_error
    from days
    join means using (series_kind, hours_after_close_from)
    group by series_kind, hours_after_close_from, day_clusters, mean_revision
)
select
    series_kind, hours_after_close_from, hours_after_close_to,
    count(*) as reading_pairs,
    day_clusters,
    count(*) filter (is_changed) as changed_pairs,
    changed_pairs / reading_pairs as changed_pair_share,
    count(*) filter (revision > 0) / nullif(changed_pairs, 0) as upward_pair_share,
    mean_revision as mean_relative_revision,
    median(revision) as median_relative_revision,
    avg(abs(revision) order by abs(revision)) as mean_absolute_relative_revision,
    median(abs(revision)) as median_absolute_relative_revision,
    stddev_samp(revision order by revision) as standard_deviation_of_relative_revision,
    -- Of fewer days than ten, t says nothing.
    case when day_clusters >= 10 then mean_revision / nullif(standard_error, 0) end as bias_t,
    median(abs(revision)) filter (is_changed) as median_relative_change,
    max(abs(revision)) filter (is_changed) as max_relative_change,
    max(largest_row_relative_change) as max_largest_row_relative_change,
    count(is_flipped) as compared_weekly_changes,
    count(*) filter (is_flipped) as sign_flips,
    count(*) filter (top_ten_rank_changes > 0) as top_ten_changed_pairs,
    coalesce(sum(top_ten_rank_changes), 0)::bigint as top_ten_rank_changes,
    arg_max(capture, (next_as_of, capture)) as capture,
    arg_max(next_citation, (next_as_of, next_citation)) as citation
from revisions
join errors using (series_kind, hours_after_close_from)
group by series_kind, hours_after_close_from, hours_after_close_to, day_clusters, mean_revision, standard_error
