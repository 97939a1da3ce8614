with present as (
    select
        week_start, coding_rank, base_permaslug, author, coding_token_share, coding_tokens_estimate, change_pp, days_in_week,
        is_coding_provisional, retrieved_at, capture, citation, previous_retrieved_at, previous_citation
    from marts.coding_share_weekly
    where coding_rank is not null
)
select
    present.week_start, present.coding_rank, present.base_permaslug, present.author, present.coding_token_share,
    present.coding_tokens_estimate, present.change_pp,
    previous.coding_rank - present.coding_rank as rank_change,
    present.days_in_week,
    present.is_coding_provisional or coalesce(previous.is_coding_provisional, false) as is_provisional,
    present.retrieved_at, present.capture, present.citation, present.previous_retrieved_at, present.previous_citation
from present
left join present as previous
    on previous.base_permaslug = present.base_permaslug
    and previous.week_start = present.week_start - 7
    and previous.capture = present.capture
