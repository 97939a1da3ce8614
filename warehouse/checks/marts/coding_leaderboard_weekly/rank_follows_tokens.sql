-- More tokens rank higher within a week, and only equal tokens share a rank.
select one.week_start, one.base_permaslug, one.coding_rank, one.coding_tokens_estimate
from marts.coding_leaderboard_weekly as one
join marts.coding_leaderboard_weekly as next
    on next.week_start = one.week_start
    and (
        (next.coding_rank > one.coding_rank and next.coding_tokens_estimate >= one.coding_tokens_estimate)
        or (next.coding_rank = one.coding_rank and next.coding_tokens_estimate > one.coding_tokens_estimate)
    )
