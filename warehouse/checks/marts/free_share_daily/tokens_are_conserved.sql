-- What is free, what is paid and what is not listed are all tokens of the day, and free tokens are those of a model.
select usage_date, listed_free_tokens, listed_paid_tokens, other_tokens, platform_tokens, free_models
from marts.free_share_daily
where coalesce(listed_free_tokens, 0) + listed_paid_tokens + other_tokens <> platform_tokens
    or (listed_free_tokens is null) <> (free_models = 0)
