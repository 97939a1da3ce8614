-- 0 ≤ lower ≤ upper ≤ 1; the share is the lower bound, or NULL where the class is absent. What has no class has no bounds.
select scope, grain, period_start, classification, model_class, block_token_share, block_token_share_lower,
    block_token_share_upper
from core.class_token_shares
where case when model_class in ('unclassified', 'other')
    then block_token_share is null or block_token_share_lower is not null or block_token_share_upper is not null
    else not coalesce(
        0 <= block_token_share_lower
        and block_token_share_lower <= block_token_share_upper
        and block_token_share_upper <= 1 + 1e-9
        and coalesce(block_token_share, 0) = block_token_share_lower,
        false
    )
end
