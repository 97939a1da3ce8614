-- A factor lies within its interval, which small samples do not have; the platform is not compared with itself.
select
    base_permaslug, complete_weekends, is_small_sample, weekend_factor, weekend_factor_from_estimate, weekend_factor_to_estimate,
    weekend_token_share_factor, weekend_token_share_factor_from_estimate, weekend_token_share_factor_to_estimate
from marts.weekday_factors
where is_small_sample <> (complete_weekends < 5)
    or complete_weekends > (last_week_start - first_week_start) // 7 + 1
    or (base_permaslug = 'platform') <> (weekend_token_share_factor is null)
    or coalesce(
        not weekend_factor between weekend_factor_from_estimate and weekend_factor_to_estimate
        or abs(weekend_factor - (weekend_factor_from_estimate + weekend_factor_to_estimate) / 2) > 1e-9,
        not is_small_sample
    )
    or coalesce(
        not weekend_token_share_factor between weekend_token_share_factor_from_estimate and weekend_token_share_factor_to_estimate
        or abs(weekend_token_share_factor - (weekend_token_share_factor_from_estimate + weekend_token_share_factor_to_estimate) / 2) > 1e-9,
        not is_small_sample and base_permaslug <> 'platform'
    )
