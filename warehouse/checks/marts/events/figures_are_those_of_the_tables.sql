-- Ranks and shares of an event are those that the table of shares holds for its week and the one before.
select event_id, value, previous_value, now.model_rank, now.block_token_share
from marts.events
left join core.model_shares_weekly as now
    on now.series = events.series and now.week_start = events.period_start and now.base_permaslug = events.base_permaslug
left join core.model_shares_weekly as before
    on before.series = events.series
    and before.week_start = events.period_start - 7
    and before.base_permaslug = events.base_permaslug
where case
    when event_kind in ('enters_top', 'leaves_top', 'passes')
        then value is distinct from now.model_rank or previous_value is distinct from before.model_rank
    when event_kind = 'share_change' then not coalesce(
        abs(value - now.block_token_share) < 1e-9 and abs(previous_value - before.block_token_share) < 1e-9, false
    )
    else false
end
