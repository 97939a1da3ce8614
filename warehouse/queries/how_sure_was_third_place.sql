-- How sure was third place, and what came after it?
-- Does not show: errors that the sample does not reveal, such as requests of one session that depend on each other, or what
-- the source classifies as programming. The true error is larger. Tokens a request and how much they vary are assumptions
-- where the columns state it.
-- Tables: marts.coding_share_error_weekly
select
    week_start, coding_rank,
    round(100 * coding_token_share, 2) as coding_token_share_percent,
    round(100 * coding_token_share_standard_error_estimate, 2) as standard_error_points_estimate,
    round(z_to_previous, 1) as z_against_the_rank_above,
    round(z_to_next, 1) as z_against_the_rank_below,
    case
        when rank_is_resolved then 'rank ' || coding_rank
        when rank_upper_estimate is null then 'rank ' || rank_lower_estimate || ' or lower, not told apart by the sample'
        else 'rank ' || rank_lower_estimate || ' to ' || rank_upper_estimate || ', not told apart by the sample'
    end as rank_by_the_sample,
    sample_divisor,
    round(sampled_requests_estimate)::bigint as sampled_requests_estimate,
    tokens_per_request_source, is_provisional, capture, citation
from marts.coding_share_error_weekly
where base_permaslug = 'minimax/minimax-m2'
order by week_start
