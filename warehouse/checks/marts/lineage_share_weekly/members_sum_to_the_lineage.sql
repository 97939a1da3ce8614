-- The listed members' shares of a week sum to the lineage's share.
select week_start, lineage, sum(coding_token_share) as member_sum, max(lineage_coding_token_share) as lineage_share
from marts.lineage_share_weekly
group by week_start, lineage
having (member_sum is null) <> (lineage_share is null) or abs(member_sum - lineage_share) > 1e-9
    or max(lineage_coding_token_share) is distinct from min(lineage_coding_token_share)
