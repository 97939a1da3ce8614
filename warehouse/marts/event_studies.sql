-- What moved in the days around an event, the model's own share and everybody else's. The control is the platform: a share
-- divides by it, so what all have in common cancels, and the changes of all rows sum to 0. Spans of seven days hold each
-- weekday once. It does not show that the event was the cause.
with usage as (
    -- Decimals, as sums of them are the same in any order.
    select
        usage_date, base_permaslug, is_other,
        sum(platform_token_share::decimal(18, 17))::decimal(18, 17) as share
    from core.model_usage_daily
    group by usage_date, base_permaslug, is_other
),
calendar as (
    select
        period_start as usage_date, is_provisional, capture,
        struct_pack(at := retrieved_at, line := citation) as reading
    from core.newest_blocks
    where series = 'usage_day'
    union all by name
    -- A day that does not exist in the source is not missing.
    select usage_date
    from reference.known_holes
),
weeks as (
    -- Seven days in a row, from every day on.
    select
        usage_date - day_number as first_day,
        count(reading) as existing_days,
        coalesce(bool_or(is_provisional), false) as is_provisional,
        max(capture) as capture,
        max(reading) as reading
    from calendar
    cross join (select unnest(range(7))::integer as day_number)
    group by all
    having count(*) = 7
),
shares as (
    select
        first_day, base_permaslug, listed_days,
        listed_sum / existing_days as listed_share,
        rank() over (partition by first_day order by listed_sum desc) as place
    from (
        select usage_date - day_number as first_day, base_permaslug, sum(share) as listed_sum, count(*) as listed_days
        from usage
        cross join (select unnest(range(7))::integer as day_number)
        where not is_other
        group by all
    )
    join weeks using (first_day)
),

catalogues as (
    -- Of responses at one instant the greater line, so that a rebuild gives the same.
    select retrieved_at, max(citation) as citation
    from core.readings
    where starts_with(series, 'models')
    group by all
),
created as (
    select
        canonical_slug as base_permaslug,
        min(created_at)::date as created_on,
        arg_min(known_from, (created_at, known_from)) as known_from
    from core.model_catalogue_vintages
    where created_at is not null
    group by all
),
releases as (
    -- The creation date in the catalogue; where it has none, or one after the first listed day, that day.
    select
        base_permaslug, 'release' as event_kind,
        coalesce(created_on <= first_day, false) as is_dated_by_catalogue,
        if(is_dated_by_catalogue, created_on, first_day) as event_on,
        event_on as earliest_event_on,
        if(is_dated_by_catalogue, known_from, null) as known_from
    from (select base_permaslug, min(usage_date) as first_day from usage where not is_other group by all)
    left join created using (base_permaslug)
),
prices as (
    select
        base_permaslug, known_from,
        (prompt_usd_per_million, completion_usd_per_million) as price,
        lag((prompt_usd_per_million, completion_usd_per_million)) over history as previous_price
    from core.model_prices
    where variant = 'default' and prompt_usd_per_million is not null and completion_usd_per_million is not null
    window history as (partition by model_permaslug order by known_from)
),
price_changes as (
    -- Between the catalogue that shows the new price and the one before. Where these are more than a week apart, the day is
    -- not known well enough.
    select
        base_permaslug, 'price_change' as event_kind,
        prices.known_from::date as event_on,
        max(retrieved_at)::date as earliest_event_on,
        prices.known_from
    from prices
    join catalogues on retrieved_at < prices.known_from
    where previous_price is not null and price <> previous_price
    group by base_permaslug, prices.known_from
    having earliest_event_on >= event_on - 7
),
free_window_ends as (
    -- The first day without.
    select
        base_permaslug, 'free_window_end' as event_kind,
        last_free_day + 1 as event_on,
        event_on as earliest_event_on
    from marts.free_windows
    where window_status in ('ended', 'left the list')
),
all_events as (
    select event_kind, base_permaslug as event_model, event_on, earliest_event_on, known_from
    from releases
    union all by name
    select event_kind, base_permaslug as event_model, event_on, earliest_event_on, max(known_from) as known_from
    from price_changes
    group by all
    union all by name
    select event_kind, base_permaslug as event_model, event_on, earliest_event_on
    from free_window_ends
),
events as (
    -- Of models that were in the platform's top ten in one of the spans; every day of the week before was fetched.
    select all_events.*, is_provisional, capture, reading
    from all_events
    join weeks on first_day = event_on - 7
    where exists (
        from shares
        where base_permaslug = event_model and place <= 10 and (first_day - event_on) in (-14, -7, 0, 7, 14, 21)
    )
),
shown as (
    -- The model of the event, and the top ten of the seven days before and of the seven from day 0 on.
    select event_kind, event_model, event_on, event_model as base_permaslug
    from events
    union
    select event_kind, event_model, event_on, base_permaslug
    from events
    join shares on first_day in (event_on - 7, event_on)
    where place <= 10
),
spans as (
    select
        events.event_kind, event_model, event_on, earliest_event_on, known_from, days_from,
        events.is_provisional or weeks.is_provisional as is_provisional,
        greatest(events.capture, weeks.capture) as capture,
        greatest(events.reading, weeks.reading) as reading
    from events
    cross join (select unnest([-14, 0, 7, 14, 21])::bigint as days_from)
    join weeks on weeks.first_day = event_on + days_from::integer
),
of_models as (
    select
        spans.*, shown.base_permaslug,
        before.listed_share as listed_share_before,
        coalesce(before.listed_days, 0) as listed_days_before,
        after.listed_share,
        coalesce(after.listed_days, 0) as listed_days
    from spans
    join shown using (event_kind, event_model, event_on)
    left join shares as before on before.first_day = event_on - 7 and before.base_permaslug = shown.base_permaslug
    left join shares as after
        on after.first_day = event_on + days_from::integer and after.base_permaslug = shown.base_permaslug
),
with_rest as (
    from of_models
    union all by name
    select
        event_kind, event_model, event_on, earliest_event_on, known_from, days_from, is_provisional, capture, reading,
        'all others' as base_permaslug,
        (1 - coalesce(sum(listed_share_before::decimal(18, 17)), 0))::double as listed_share_before,
        (1 - coalesce(sum(listed_share::decimal(18, 17)), 0))::double as listed_share
    from of_models
    group by all
)
select
    event_kind, event_model, event_on, earliest_event_on,
    base_permaslug,
    case base_permaslug when event_model then 'event' when 'all others' then 'rest' else 'beside' end as event_role,
    days_from, listed_share_before, listed_share,
    100 * (coalesce(listed_share, 0) - coalesce(listed_share_before, 0)) as listed_change_pp,
    listed_days_before, listed_days,
    'platform total' as control,
    is_provisional,
    reading.at as retrieved_at,
    with_rest.capture,
    reading.line as citation,
    known_from as event_retrieved_at,
    catalogues.citation as event_citation
from with_rest
left join catalogues on catalogues.retrieved_at = known_from
