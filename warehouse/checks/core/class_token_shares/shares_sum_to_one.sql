-- Under every classification the shares of a block sum to 1, the unclassified and `other` included.
select scope, grain, period_start, classification, sum(block_token_share) as share_sum
from core.class_token_shares
group by scope, grain, period_start, classification
having abs(share_sum - 1) > 1e-9
