-- A wider interval holds the narrower one, all hold the estimate, and there is one where enough earlier errors are known.
select
    issued_at, week_start, base_permaslug, coding_token_share_estimate, coding_token_share_estimate_lower_50, coding_token_share_estimate_upper_50,
    coding_token_share_estimate_lower_80, coding_token_share_estimate_upper_80, coding_token_share_estimate_lower_95,
    coding_token_share_estimate_upper_95, calibration_errors
from marts.coding_share_nowcast
where not (
    (coding_token_share_estimate_lower_50 is not null) = (calibration_errors >= 1)
    and (coding_token_share_estimate_lower_80 is not null) = (calibration_errors >= 4)
    and (coding_token_share_estimate_lower_95 is not null) = (calibration_errors >= 19)
    and coalesce(coding_token_share_estimate_lower_50 <= coding_token_share_estimate, true)
    and coalesce(coding_token_share_estimate_lower_80 <= coding_token_share_estimate_lower_50, true)
    and coalesce(coding_token_share_estimate_lower_95 <= coding_token_share_estimate_lower_80, true)
    and coalesce(coding_token_share_estimate_upper_50 >= coding_token_share_estimate, coding_token_share_estimate_lower_50 is null)
    and coalesce(coding_token_share_estimate_upper_80 >= coding_token_share_estimate_upper_50, coding_token_share_estimate_lower_80 is null)
    and coalesce(coding_token_share_estimate_upper_95 >= coding_token_share_estimate_upper_80, coding_token_share_estimate_lower_95 is null)
)
