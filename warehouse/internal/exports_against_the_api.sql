-- Where the keyless export and the API's response, fetched within two hours of each other, give a day other tokens. A day
-- that closed less than three days before is still revised in between: it is compared by its total, which moves by 2.4 % at
-- most. Of the eight days up to the newest export, so that a difference is listed for a week and not for ever.
with readings as (
    select
        readings.series, readings.period_start, readings.retrieved_at, readings.block_hash,
        starts_with(exchanges.endpoint, '/datasets/exports/') as is_export
    from raw.readings as readings
    join raw.exchanges as exchanges using (exchange_id)
    where readings.series = 'usage_day' and readings.capture = 'api'
),
exported as (
    select *
    from readings
    where is_export
    qualify retrieved_at > max(retrieved_at) over () - interval 8 days
),
pairs as (
    select
        exported.series, exported.period_start, exported.retrieved_at as export_retrieved_at,
        exported.block_hash as export_hash, api.retrieved_at as api_retrieved_at, api.block_hash as api_hash,
        least(exported.retrieved_at, api.retrieved_at) >= exported.period_start::timestamptz + interval 4 days as is_closed
    from exported
    join readings as api
        on api.period_start = exported.period_start
        and not api.is_export
        and abs(epoch(api.retrieved_at) - epoch(exported.retrieved_at)) <= 7200
    where api.block_hash <> exported.block_hash
),
totals as (
    select period_start, block_hash, sum(total_tokens)::double as tokens
    from raw.block_rows
    where series = 'usage_day'
    group by all
),
differing as (
    select pairs.*
    from pairs
    join totals as export_totals on (export_totals.period_start, export_totals.block_hash) = (pairs.period_start, export_hash)
    join totals as api_totals on (api_totals.period_start, api_totals.block_hash) = (pairs.period_start, api_hash)
    where is_closed or abs(export_totals.tokens / api_totals.tokens - 1) > 0.024
),
listed as (
    select
        differing.series, differing.period_start, export_retrieved_at, api_retrieved_at, model_permaslug,
        max(total_tokens) filter (block_hash = export_hash) as export_tokens,
        max(total_tokens) filter (block_hash = api_hash) as api_tokens
    from differing
    join raw.block_rows as block_rows
        on block_rows.series = differing.series
        and block_rows.period_start = differing.period_start
        and block_rows.block_hash in (export_hash, api_hash)
    group by all
)
select series, period_start, model_permaslug, export_tokens, api_tokens, export_retrieved_at, api_retrieved_at
from listed
where export_tokens is distinct from api_tokens
order by period_start desc, export_retrieved_at desc, api_retrieved_at desc, greatest(export_tokens, api_tokens) desc
