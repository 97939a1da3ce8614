-- Every read day has a row.
select usage_date
from core.model_usage_daily
except
select usage_date
from marts.stealth_token_share_daily
