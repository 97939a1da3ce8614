-- How much more of China does the public chart show, with its nine rows, than the whole platform has?
-- Does not show: the models below the ninth row. In the recorded weeks nine rows are 43 to 77 % of all tokens: one large
-- model is among them, the same tokens spread over many models are not. One week a month, the first, of 2026.
-- Tables: marts.visible_chart_effect_weekly
select
    week_start, country,
    round(visible_tokens / 1e12, 2) as visible_trillion_tokens,
    len(visible_models) as visible_rows,
    round(100 * visible_token_share, 1) as visible_percent,
    round(100 * top_50_token_share, 1) as top_50_percent,
    round(100 * platform_token_share_lower, 1) as platform_at_least_percent,
    round(100 * platform_token_share_upper, 1) as platform_at_most_percent,
    is_provisional, capture, citation
from marts.visible_chart_effect_weekly
where country in ('CN', 'US') and week_start >= '2026-01-01' and day(week_start) <= 7
order by week_start, country
