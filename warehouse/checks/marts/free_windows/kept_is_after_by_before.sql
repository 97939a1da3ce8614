-- What was kept is the share after the window ÷ the share before its end, unknown where one of them is, and nothing of it is
-- known of a window that has not ended, nor anything after one that left the list.
select base_permaslug, window_number, window_status, before_7d_token_share, after_7d_token_share, kept_7d, before_28d_token_share, after_28d_token_share, kept_28d
from marts.free_windows
where coalesce(abs(after_7d_token_share / before_7d_token_share - kept_7d) > 1e-12, (after_7d_token_share / before_7d_token_share is null) <> (kept_7d is null))
    or coalesce(
        abs(after_28d_token_share / before_28d_token_share - kept_28d) > 1e-12, (after_28d_token_share / before_28d_token_share is null) <> (kept_28d is null)
    )
    or (window_status in ('open', 'cannot be known')) <> (after_7d_token_share_lower is null)
    or (window_status = 'left the list') <> coalesce(after_7d_token_share_lower = 0, false)
