select
    period_start as week_start,
    model_class as canonical_author,
    block_token_share as coding_token_share,
    block_token_share_lower as coding_token_share_lower,
    block_token_share_upper as coding_token_share_upper,
    is_provisional, retrieved_at, capture, citation
from core.class_token_shares
where scope = 'coding' and grain = 'week' and classification = 'author'
