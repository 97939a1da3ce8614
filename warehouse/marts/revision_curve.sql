-- Each reading of a ranking at or after the close, beside the next one: did the block still move?
with readings_after_close as (
    select
        series, period_start, retrieved_at, closes_at, vintage_number, capture, citation, as_of,
        (epoch(retrieved_at) - epoch(closes_at)) / 3600 as hours_after_close
    from core.readings
    join core.blocks using (series, period_start)
    semi join core.block_totals using (series, period_start)
    where retrieved_at >= closes_at
),
pairs as (
    select
        *,
        lead(vintage_number) over block as next_vintage_number,
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
moves as (
    select
        split_part(series, '/', 1) as series_kind, hours_after_close,
        pairs.capture, next_citation, next_as_of,
        is_restated(vintage_number, next_vintage_number, retrieved_at, closes_at) as is_changed,
        abs(next.block_tokens - first.block_tokens) / first.block_tokens as relative_change,
        -- The largest row is followed while it is the same model.
        case when next.largest_model_permaslug = first.largest_model_permaslug then
            abs(next.largest_row_tokens - first.largest_row_tokens) / first.largest_row_tokens
        end as largest_row_relative_change
    from pairs
    join core.block_totals as first using (series, period_start, vintage_number)
    join core.block_totals as next
        on next.series = pairs.series
        and next.period_start = pairs.period_start
        and next.vintage_number = pairs.next_vintage_number
    where next_capture = pairs.capture
)
select
    series_kind, hours_after_close_from, hours_after_close_to,
    count(*) as reading_pairs,
    count_if(is_changed)::bigint as changed_pairs,
    median(relative_change) filter (is_changed) as median_relative_change,
    max(relative_change) filter (is_changed) as max_relative_change,
    max(largest_row_relative_change) filter (is_changed) as max_largest_row_relative_change,
    arg_max(capture, (next_as_of, capture)) as capture,
    arg_max(next_citation, (next_as_of, next_citation)) as citation
from moves
join buckets
    on hours_after_close >= hours_after_close_from
    and (hours_after_close_to is null or hours_after_close < hours_after_close_to)
group by all
