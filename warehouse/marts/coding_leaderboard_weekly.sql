select
    present.week_start, present.coding_rank, present.base_permaslug, present.author, present.coding_token_share,
    present.coding_tokens_estimate, present.change_pp, present.change_pp_lower, present.change_pp_upper,
    previous.coding_rank - present.coding_rank as rank_change,
    present.days_in_week,
    present.is_coding_provisional or coalesce(previous.is_coding_provisional, false) as is_provisional,
    present.retrieved_at, present.capture, present.citation, present.previous_retrieved_at, present.previous_citation
from marts.coding_share_weekly as present
left join marts.coding_share_weekly as previous
    on previous.base_permaslug = present.base_permaslug
    and previous.week_start = present.week_start - 7
    and previous.capture = present.capture
where present.coding_rank is not null
