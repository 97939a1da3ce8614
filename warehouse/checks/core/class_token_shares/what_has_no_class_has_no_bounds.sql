-- What is in no class has a share in every period and no bounds; every class has bounds.
select scope, grain, period_start, classification, model_class, block_token_share, block_token_share_lower,
    block_token_share_upper
from core.class_token_shares
where (model_class in ('unclassified', 'other')) is distinct from (block_token_share_lower is null)
    or (model_class in ('unclassified', 'other') and block_token_share is null)
