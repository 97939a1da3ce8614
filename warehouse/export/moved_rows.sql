-- The rows of one table that differ in the later of two exports, counted by what happened to them and why.
-- A row rests on the blocks of its own period; beside them on earlier ones (bounds, changes), and on those of its week and month.
with before as (
    select content, to_json(json_extract(content, $key))::varchar as row_key
    from (select to_json(t) as content from read_parquet($before) t)
),
after as (
    select content, to_json(json_extract(content, $key))::varchar as row_key
    from (select to_json(t) as content from read_parquet($after) t)
),
moved as (
    select
        row_key, before.content as before, after.content as after, coalesce(after.content, before.content) as content,
        case when before.content is null then 'added' when after.content is null then 'left' else 'changed' end as change,
        list_filter(
            case when before.content is null or after.content is null then [] else $compared end,
            lambda name: json_extract(before.content, '$.' || name) is distinct from json_extract(after.content, '$.' || name)
        ) as columns
    from before
    full join after using (row_key)
    where before.content is distinct from after.content
),
placed as (
    select
        *,
        json_extract_string(content, '$.series') as series,
        json_extract_string(content, '$.' || $period)::date as period_start,
        (period_start
            + case when json_extract_string(content, '$.grain') = 'week' then interval 7 days else $length::interval end
        )::date as period_end
    from moved
    where change <> 'changed' or columns <> []
),
places as (
    select distinct series, period_start, period_end from placed
),
reasons as (
    select
        place.series, place.period_start, place.period_end,
        arg_min(reason, precedence)
            filter (where block.period_start < place.period_end and block.period_end > place.period_start) as own,
        arg_min(reason, precedence)
            filter (where place.period_start is null or block.period_start < place.period_end + interval 31 days) as near,
        arg_min(reason, precedence) as far
    from places place
    join moved_blocks block
        on case when place.series is null then list_contains($kinds, block.series_kind) else block.series = place.series end
    group by all
),
told as (
    select
        placed.*,
        -- Of a series as a whole what happened to its blocks is said, of other figures without a period that they follow.
        case when placed.period_start is null and placed.series is not null then near else own end as own,
        near, far,
        list_filter(columns, lambda name: not list_contains($times, name)) as figures
    from placed
    left join reasons
        on reasons.series is not distinct from placed.series
        and reasons.period_start is not distinct from placed.period_start
        and reasons.period_end is not distinct from placed.period_end
),
explained as (
    select
        *,
        case
            when change = 'added' and own = 'new_period' then ['new_period']
            when change = 'left' and own = 'period_left' then ['period_left']
            when change = 'changed' and figures = [] and far is not null then ['read_again']
            when change = 'added' and own = 'read_again' and list_contains($key, '$.retrieved_at') then ['read_again']
            when
                change = 'changed' and far is not null and (own is null or own = 'read_again')
                and list_filter(figures, lambda name: not list_contains(['is_provisional', 'final_from'], name)) = []
                then case
                    when json_extract_string(after, '$.is_provisional') = 'true' then ['became_provisional']
                    else ['became_final']
                end
            else list_sort(list_distinct(list_filter(
                [
                    case
                        when own <> 'read_again' then own
                        when near <> 'read_again' then 'follows'
                        when near = 'read_again' and not ($new_code or $reclassified) then 'read_again'
                        when not ($new_code or $reclassified) and far is not null then 'follows'
                    end,
                    case when $reclassified then 'reclassified' end,
                    case when $new_code then 'new_code' end
                ],
                lambda reason: reason is not null
            )))
        end as found
    from told
)
select
    change,
    case when found <> [] then found when $other_build then ['new_code'] else ['unexplained'] end as reasons,
    count(*) as rows,
    list_sort(list_distinct(flatten(list(figures)))) as columns,
    min(row_key) as example_key,
    arg_min(before, row_key) as example_before,
    arg_min(after, row_key) as example_after
from explained
group by all
order by change, reasons
