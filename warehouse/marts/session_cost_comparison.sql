-- What a session of M2 or of a successor cost beside one of Claude in the same app, of about as many turns: only where the
-- source states both. Of a session that costs nothing there is no ratio.
with claude as (
    select window_end, app_slug, turn_range, model_permaslug, median_session_cost_usd
    from core.session_costs
    where author = 'anthropic' and median_session_cost_usd > 0
)
select
    window_end, app_slug, turn_range, costs.model_permaslug, costs.base_permaslug,
    claude.model_permaslug as claude_permaslug,
    costs.median_session_cost_usd,
    claude.median_session_cost_usd as claude_session_cost_usd,
    costs.median_session_cost_usd / claude.median_session_cost_usd as session_cost_ratio,
    is_provisional, retrieved_at, capture, citation
from core.session_costs as costs
join reference.model_lineages using (base_permaslug)
join claude using (window_end, app_slug, turn_range)
where lineage = (select lineage from reference.model_lineages where base_permaslug = m2())
