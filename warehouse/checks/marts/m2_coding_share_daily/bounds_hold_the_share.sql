-- 0 ≤ lower ≤ share ≤ upper ≤ 1; a negative difference has neither share nor bounds.
select
    usage_date, method, coding_token_share_estimate, coding_token_share_estimate_lower, coding_token_share_estimate_upper,
    is_difference_negative
from marts.m2_coding_share_daily
where case
    when is_difference_negative
        then coalesce(
            coding_token_share_estimate, coding_token_share_estimate_lower, coding_token_share_estimate_upper
        ) is not null
    else not coalesce(
        0 <= coding_token_share_estimate_lower
        and coding_token_share_estimate_lower <= coding_token_share_estimate_upper + 1e-12
        and coding_token_share_estimate_upper <= 1
        and coalesce(coding_token_share_estimate >= coding_token_share_estimate_lower - 1e-12, true)
        and coalesce(coding_token_share_estimate <= coding_token_share_estimate_upper + 1e-12, true),
        false
    )
end
