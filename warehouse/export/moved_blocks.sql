-- The blocks that differ in the later of two exports, and why, as far as fetches show it.
with before as (
    select series, period_start, block_hash, capture, retrieved_at, closes_at, tokens
    from read_parquet($before_newest_blocks) newest
    join read_parquet($before_blocks) block using (series, period_start)
    left join (
        select series, period_start, sum(total_tokens)::bigint as tokens from read_parquet($before_block_rows) group by all
    ) using (series, period_start)
),
after as (
    select series, period_start, block_hash, capture, retrieved_at, closes_at, tokens
    from read_parquet($after_newest_blocks) newest
    join read_parquet($after_blocks) block using (series, period_start)
    left join (
        select series, period_start, sum(total_tokens)::bigint as tokens from read_parquet($after_block_rows) group by all
    ) using (series, period_start)
),
paired as (
    select
        series, period_start,
        coalesce(after.closes_at, before.closes_at)::date as period_end,
        before.retrieved_at as retrieved_before,
        after.retrieved_at as retrieved_after,
        before.tokens as tokens_before,
        after.tokens as tokens_after,
        case
            when before.block_hash is null then 'new_period'
            when after.block_hash is null then 'period_left'
            when before.block_hash = after.block_hash
                then case when before.retrieved_at is distinct from after.retrieved_at then 'read_again' end
            when before.capture <> after.capture then 'other_capture'
            -- What grows while its period runs is not restated.
            when
                after.retrieved_at > before.retrieved_at
                and not is_restated(before.block_hash, after.block_hash, before.retrieved_at, before.closes_at)
                then 'ran_on'
            -- Another content of one and the same fetch: it is read by other code.
            when before.retrieved_at = after.retrieved_at then 'new_code'
            else 'restated'
        end as reason
    from before
    full join after using (series, period_start)
)
select
    series, period_start, period_end, retrieved_before, retrieved_after, reason, tokens_before, tokens_after,
    split_part(series, '/', 1) as series_kind,
    -- Where several blocks under one row moved, the first of these is what is said of it.
    list_position(['new_period', 'ran_on', 'restated', 'other_capture', 'new_code', 'period_left', 'read_again'], reason) as precedence
from paired
where reason is not null
order by series, period_start
