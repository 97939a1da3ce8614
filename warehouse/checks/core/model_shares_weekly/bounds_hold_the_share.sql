-- A share lies within its bounds, and these within 0 and 1; what is listed is at least that much.
select series, week_start, base_permaslug, block_token_share, block_token_share_lower, block_token_share_upper
from core.model_shares_weekly
where block_token_share_lower < 0
    or block_token_share_upper > 1
    or block_token_share_lower > block_token_share_upper
    or block_token_share not between block_token_share_lower and block_token_share_upper
