-- The second gateway's labs, each with the author that it is counted as. A name that nobody decided on is unclassified, never
-- dropped: ops.unclassified has its peak.
select
    usage_date, lab,
    coalesce(canonical_author, 'unclassified') as canonical_author,
    metric, gateway_share, is_provisional, retrieved_at, capture, citation
from core.gateway_lab_shares_daily
left join reference.gateway_labs using (lab)
