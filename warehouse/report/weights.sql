-- Shares of coding of open and closed weights, and the bounds within which what is unclassified or unlisted could move them.
select week_start, weights, coding_token_share, coding_token_share_lower, coding_token_share_upper, is_provisional
from marts.open_weight_token_share_weekly
where
    (coding_token_share is not null or coding_token_share_upper is not null)
    -- Without a catalogue nothing says which weights are open, and the bounds are all that could be.
    and exists (from raw.readings join reference.series using (series) where series_kind = 'models')
order by week_start, weights
