select
    period_start as usage_date,
    model_class as canonical_author,
    class_tokens as total_tokens,
    block_token_share as platform_token_share,
    block_token_share_lower as platform_token_share_lower,
    block_token_share_upper as platform_token_share_upper,
    is_provisional, retrieved_at, capture, citation
from core.class_token_shares
where scope = 'platform' and grain = 'day' and classification = 'author'
