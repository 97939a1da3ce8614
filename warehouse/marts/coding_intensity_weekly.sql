-- Shares compare, levels do not: coding is sampled, the platform is exact. A week that lists the model in neither says nothing.
select
    coding.week_start, base_permaslug, coding.author,
    coding.coding_token_share, coding.coding_token_share_lower, coding.coding_token_share_upper,
    platform.platform_token_share, platform.platform_token_share_lower, platform.platform_token_share_upper,
    coding.coding_token_share / nullif(platform.platform_token_share, 0) as coding_intensity,
    coding.coding_token_share_lower / platform.platform_token_share_upper as coding_intensity_lower,
    coding.coding_token_share_upper / nullif(platform.platform_token_share_lower, 0) as coding_intensity_upper,
    coding.days_in_week,
    coding.is_coding_provisional or platform.is_provisional as is_provisional,
    coding.retrieved_at, coding.capture, coding.citation,
    platform.retrieved_at as platform_retrieved_at,
    platform.citation as platform_citation
from marts.coding_share_weekly as coding
join core.model_platform_shares_weekly as platform using (week_start, base_permaslug)
where platform.platform_token_share_upper > 0
    and (coding.coding_rank is not null or platform.platform_rank is not null)
