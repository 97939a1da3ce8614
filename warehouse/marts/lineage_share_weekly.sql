select
    week_start, lineage, position, base_permaslug,
    coding_token_share, coding_token_share_lower, coding_token_share_upper, coding_rank, lineage_coding_token_share,
    days_in_week,
    is_coding_provisional as is_provisional,
    retrieved_at, capture, citation
from marts.coding_share_weekly
join reference.model_lineages using (base_permaslug)
