select
    period_start as week_start,
    model_class as canonical_author,
    block_token_share as coding_token_share,
    block_token_share_lower as coding_token_share_lower,
    block_token_share_upper as coding_token_share_upper,
    days_in_week, is_provisional, retrieved_at, capture, citation
from core.class_token_shares
join core.weeks on weeks.week_start = period_start
where scope = 'coding' and grain = 'week' and classification = 'author'
