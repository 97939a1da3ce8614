-- Chinese models by the nine rows that the public chart shows, and their bounds on the whole platform, week by week. A week
-- that the press reported by these rows names who did.
with claimed as (
    select first_day as week_start, min_by(source, claim) as said_by, min_by(source_zh, claim) as said_by_zh
    from marts.country_claim_checks
    where country = 'CN' and last_day = first_day + 6 and dayofweek(first_day) = 1 and counted_rows = 9
    group by first_day
)
select
    effects.week_start, visible_token_share, top_50_token_share, platform_token_share_lower, platform_token_share_upper,
    said_by, said_by_zh, is_provisional
from marts.visible_chart_effect_weekly as effects
left join claimed using (week_start)
where country = 'CN' and platform_token_share_lower is not null
order by effects.week_start
