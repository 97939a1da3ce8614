-- A captured day whose difference is negative or 0, or whose two fetches are not a day apart, has neither a share nor bounds;
-- every other day has bounds.
select
    usage_date, method, coding_token_share_estimate, coding_token_share_estimate_lower, coding_token_share_estimate_upper,
    is_difference_negative, hours_between_readings
from marts.m2_coding_share_daily
where case
    when method = 'captured' and not coalesce(
        not is_difference_negative
        and day_category_tokens_estimate > 0
        and hours_between_readings >= 18
        and hours_between_readings <= if(previous_retrieved_at is null, 36, 30),
        false
    )
        then coalesce(
            coding_token_share_estimate, coding_token_share_estimate_lower, coding_token_share_estimate_upper
        ) is not null
    else coding_token_share_estimate_lower is null or coding_token_share_estimate_upper is null
end
