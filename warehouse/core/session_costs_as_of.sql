-- core.session_costs as it was known at ts.
select
    period_start as window_end, app_slug, turn_range, model_permaslug, base_permaslug, variant, author,
    median_session_cost_usd, is_provisional, vintages, retrieved_at, capture, citation
from newest_blocks_as_of(ts)
join raw.session_cost_rows using (block_hash)
