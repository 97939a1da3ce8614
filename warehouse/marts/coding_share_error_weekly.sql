-- How far a share of coding may be off for being sampled, and which ranks the sample distinguishes. An estimate: the source states
-- neither its sample nor its error.
with shares as (
    select
        week_start, base_permaslug, author, coding_rank, coding_token_share, days_in_week,
        is_coding_provisional as is_provisional, retrieved_at, capture, citation
    from marts.coding_share_weekly
    where coding_rank is not null
),
blocks as (
    -- Sampled tokens come multiplied: by what divides every row.
    select
        week_start, retrieved_at,
        list_reduce(list(tokens_estimate), lambda one, other: gcd(one, other)) as sample_divisor,
        sum(tokens_estimate)::bigint // sample_divisor as sampled_tokens_estimate,
        bool_or(is_other) as has_tail
    from core.category_usage_weekly
    where category = 'programming'
    group by week_start, retrieved_at
),
app_lists as (
    -- Of lists fetched at one instant the longest window.
    select
        series, period_start, citation, retrieved_at,
        if(series = 'app_30d/popular/coding', 30, 1) as window_days
    from core.readings
    where series in ('app_1d/popular/coding', 'app_30d/popular/coding')
    qualify row_number() over (partition by retrieved_at order by series desc, period_start desc) = 1
),
known_lists as (
    select
        blocks.week_start, app_lists.series, app_lists.period_start, app_lists.window_days,
        app_lists.retrieved_at as apps_retrieved_at,
        app_lists.citation as apps_citation
    from blocks
    asof join app_lists on blocks.retrieved_at >= app_lists.retrieved_at
),
apps as (
    select
        lists.series, apps_retrieved_at, apps_citation,
        median(total_tokens / total_requests) as median_tokens
    from (select distinct * exclude (week_start) from known_lists) as lists
    join core.app_usage_vintages as vintages
        on vintages.window_end = lists.period_start
        and vintages.window_days = lists.window_days
        and known_from <= apps_retrieved_at
        and (known_to is null or known_to > apps_retrieved_at)
    where app_sort = 'popular' and app_category = 'coding' and total_requests > 0
    group by all
),
samples as (
    select
        week_start, sample_divisor, has_tail, sampled_tokens_estimate,
        coalesce(median_tokens, 70000) as tokens_per_request_estimate,
        if(median_tokens is null, 'assumed', series) as tokens_per_request_source,
        1.5::double as tokens_per_request_cv_estimate,
        sampled_tokens_estimate / tokens_per_request_estimate as sampled_requests_estimate,
        -- As many requests of one size would err as much: Kish's effective sample.
        sampled_requests_estimate / (1 + tokens_per_request_cv_estimate ^ 2) as effective_requests,
        2::double as resolved_from_z,
        apps.apps_retrieved_at, apps.apps_citation
    from blocks
    left join known_lists using (week_start)
    left join apps using (series, apps_retrieved_at)
),
errors as (
    select
        shares.*, samples.* exclude (week_start),
        sqrt(coding_token_share * (1 - coding_token_share) / effective_requests) as coding_token_share_standard_error_estimate,
        row_number() over (partition by week_start order by coding_rank, base_permaslug) as place
    from shares
    join samples using (week_start)
),
pairs as (
    -- Shares of one sample rise at each other's cost: their difference errs as in a multinomial one.
    select
        one.week_start, one.base_permaslug, one.resolved_from_z,
        other.place - one.place as places_below,
        one.coding_token_share - other.coding_token_share as difference,
        if(difference = 0, 0, abs(difference) / sqrt(
            (one.coding_token_share + other.coding_token_share - difference ^ 2) / one.effective_requests
        )) as z
    from errors as one
    join errors as other on other.week_start = one.week_start and other.place <> one.place
),
places as (
    select
        week_start, base_permaslug,
        max(z) filter (places_below = -1) as z_to_previous,
        max(z) filter (places_below = 1) as z_to_next,
        (1 + count_if(places_below < 0 and z >= resolved_from_z))::bigint as rank_lower_estimate,
        (1 + count_if(places_below < 0 or z < resolved_from_z))::bigint as lowest_listed,
        bool_or(places_below > 0 and z >= resolved_from_z) as is_last_place_listed
    from pairs
    group by all
)
select
    week_start, coding_rank, base_permaslug, author, coding_token_share, coding_token_share_standard_error_estimate,
    z_to_previous, z_to_next,
    -- A model that is not listed has at most as much as the last that is: beyond the list no place is known.
    case
        when least(z_to_previous, z_to_next) < resolved_from_z then false
        when z_to_next is not null or not has_tail then true
    end as rank_is_resolved,
    coalesce(rank_lower_estimate, 1) as rank_lower_estimate,
    case when is_last_place_listed then lowest_listed when not has_tail then coalesce(lowest_listed, 1) end
        as rank_upper_estimate,
    sample_divisor, sampled_tokens_estimate, sampled_requests_estimate, tokens_per_request_estimate,
    tokens_per_request_source, tokens_per_request_cv_estimate, resolved_from_z,
    days_in_week, is_provisional, retrieved_at, capture, citation, apps_retrieved_at, apps_citation
from errors
left join places using (week_start, base_permaslug)
