-- The error follows from the sample that the row states, and what it says of the rank follows from its z.
select
    week_start, base_permaslug, coding_token_share_standard_error_estimate, z_to_previous, z_to_next, rank_is_resolved, coding_rank,
    rank_lower_estimate, rank_upper_estimate
from marts.coding_share_error_weekly
where (
    abs(
        coding_token_share * (1 - coding_token_share) * (1 + tokens_per_request_cv_estimate ^ 2)
        / coding_token_share_standard_error_estimate ^ 2 / sampled_requests_estimate - 1
    ) < 1e-9
    or coding_token_share in (0, 1) and coding_token_share_standard_error_estimate = 0
) is not true
or abs(sampled_tokens_estimate / tokens_per_request_estimate / sampled_requests_estimate - 1) > 1e-9
or (coding_rank between rank_lower_estimate and coalesce(rank_upper_estimate, coding_rank)) is not true
or coalesce(rank_is_resolved, true) = (coalesce(least(z_to_previous, z_to_next), resolved_from_z) < resolved_from_z)
or rank_is_resolved and rank_lower_estimate is distinct from rank_upper_estimate
or z_to_next is not null and rank_is_resolved is null
or (apps_citation is null) <> (tokens_per_request_source = 'assumed')
