-- What a line in warehouse/reference would settle. Stealth models and routers are of no maker: no line is missing for them.
with platform_days as (
    select usage_date, base_permaslug, sum(platform_token_share) as platform_token_share
    from core.model_usage_daily
    group by all
),
newest_days as (
    select
        base_permaslug,
        max(usage_date) as usage_date,
        arg_max(platform_token_share, usage_date) as platform_token_share
    from platform_days
    group by all
),
listed as (
    select
        base_permaslug, author, canonical_author, country, has_open_weights, last_listed_on,
        usage_date, coalesce(platform_token_share, 0) as platform_token_share
    from core.models
    left join newest_days using (base_permaslug)
    where last_listed_on is not null and not is_stealth and not is_router
),
missing as (
    select 'author' as attribute, author as subject, last_listed_on, usage_date, platform_token_share
    from listed
    where canonical_author is null
    union all
    select 'country' as attribute, canonical_author as subject, last_listed_on, usage_date, platform_token_share
    from listed
    where canonical_author is not null and country is null
    union all
    select 'open weights' as attribute, base_permaslug as subject, last_listed_on, usage_date, platform_token_share
    from listed
    where has_open_weights is null
),
newest as (
    select
        *,
        max(last_listed_on) over subjects as newest_listing,
        max(usage_date) over subjects as newest_day
    from missing
    window subjects as (partition by attribute, subject)
)
select
    attribute, subject, newest_listing as last_listed_on,
    -- All models of an author that were listed on its newest day.
    sum(platform_token_share) filter (usage_date = newest_day) as platform_token_share,
    null::double as peak_gateway_share
from newest
group by attribute, subject, newest_listing
union all by name
-- Shares there are of another population: the peak, so that none that was ever large is overlooked.
select
    'gateway lab' as attribute, lab as subject,
    max(usage_date) as last_listed_on,
    max(gateway_share) as peak_gateway_share
from core.gateway_lab_shares_daily
anti join reference.gateway_labs using (lab)
group by lab
