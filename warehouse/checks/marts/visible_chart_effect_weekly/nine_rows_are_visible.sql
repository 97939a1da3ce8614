-- Shares of a week sum to 1, nine of its rows are visible, or all where it lists fewer, and the chart's effect follows from both.
select week_start, country, visible_tokens, visible_models, visible_token_share, top_50_token_share, visible_effect_pp_lower
from (
    select
        *,
        sum(len(visible_models)) over week as visible_rows,
        bool_and(abs(visible_token_share - top_50_token_share) < 1e-9) over week as is_all,
        sum(visible_token_share) over week as visible_sum,
        sum(top_50_token_share) over week as top_50_sum
    from marts.visible_chart_effect_weekly
    window week as (partition by week_start)
)
where (
    abs(visible_sum - 1) < 1e-9 and abs(top_50_sum - 1) < 1e-9
    and (visible_rows = 9 or visible_rows < 9 and is_all)
    and (visible_tokens > 0) = (len(visible_models) > 0)
    and case
        when platform_token_share_lower is null then visible_effect_pp_lower is null and visible_effect_pp_upper is null
        else abs(visible_effect_pp_lower - 100 * (visible_token_share - platform_token_share_upper)) < 1e-9
            and abs(visible_effect_pp_upper - 100 * (visible_token_share - platform_token_share_lower)) < 1e-9
    end
) is not true
