-- One line for each table: of all the series it is taken from, the newest time of a response of the source.
with readings as (
    select
        split_part(series, '/', 1) as series_kind, is_simulated,
        arg_max(capture, (as_of, capture)) as capture,
        arg_max(citation, (as_of, citation)) as citation,
        max(as_of) as as_of
    from core.readings
    group by all
),
sources as (
    select table_name, licence, may_republish, unnest(string_split(series_kinds, ' ')) as series_kind
    from reference.table_sources
),
matched as (
    select
        table_name, licence, may_republish, is_simulated, capture, citation, as_of,
        -- Where a table takes from the rankings too, theirs is the line that the licence requires; apps have one of their own.
        case
            when series_kind in ('models', 'benchmarks', 'contract') then 0
            when starts_with(series_kind, 'app_') then 1
            -- What it is compared with is cited first; its own line is in a column of its own.
            when series_kind = 'gateway_day' then 1
            when series_kind in ('task_7d', 'session_cost') then 2
            else 3
        end as precedence
    from sources
    join readings using (series_kind)
)
select
    table_name,
    -- A table that may not be passed on holds more than what has the licence.
    case when may_republish
        then arg_max(citation, (precedence, as_of, citation))
        else replace(arg_max(citation, (precedence, as_of, citation)), ' Licensed under CC BY 4.0.', '')
    end as citation,
    arg_max(as_of, (precedence, as_of, citation)) as as_of,
    licence, may_republish,
    bool_or(is_simulated) as is_simulated,
    arg_max(capture, (precedence, as_of, capture)) as capture
from matched
group by table_name, licence, may_republish
-- Where only the catalogue, scores or the API's document were fetched, which merely narrow bounds or name parts of the API, a table
-- of the rankings holds no figure to cite.
having not may_republish or max(precedence) > 0
