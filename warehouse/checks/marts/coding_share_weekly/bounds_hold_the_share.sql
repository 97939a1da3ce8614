-- 0 ≤ lower ≤ share ≤ upper ≤ 1, and absence is NULL with bounds, not zero.
select week_start, base_permaslug, coding_token_share, coding_token_share_lower, coding_token_share_upper
from marts.coding_share_weekly
where (
    0 <= coding_token_share_lower
    and coding_token_share_lower <= coding_token_share_upper
    and coding_token_share_upper <= 1
    and coalesce(coding_token_share = coding_token_share_lower, coding_token_share_lower = 0)
) is not true
