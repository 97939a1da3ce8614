-- Each cell that states a cost for both has as many rows as there are pairs, with the costs that it states and one by the
-- other.
with stated as (
    select
        window_end, app_slug, turn_range,
        count(*) filter (is_claude) * count(*) filter (not is_claude) as pairs_stated,
        sum(median_session_cost_usd) filter (is_claude) * count(*) filter (not is_claude)
        + sum(median_session_cost_usd) filter (not is_claude) * count(*) filter (is_claude) as usd_stated
    from (
        select *, author = 'anthropic' as is_claude
        from core.session_costs
        where (author = 'anthropic' and median_session_cost_usd > 0)
            or base_permaslug in (
                select base_permaslug
                from reference.model_lineages
                where lineage = (select lineage from reference.model_lineages where base_permaslug = m2())
            )
    )
    group by all
    having pairs_stated > 0
),
shown as (
    select
        window_end, app_slug, turn_range,
        count(*) as pairs_shown,
        sum(median_session_cost_usd + claude_session_cost_usd) as usd_shown,
        max(abs(median_session_cost_usd / claude_session_cost_usd - session_cost_ratio)) as ratio_apart
    from marts.session_cost_comparison
    group by all
)
select window_end, app_slug, turn_range, pairs_stated, pairs_shown, usd_stated, usd_shown, ratio_apart
from stated
full join shown using (window_end, app_slug, turn_range)
where (pairs_stated = pairs_shown and abs(usd_stated - usd_shown) <= 1e-9 and ratio_apart <= 1e-9) is not true
