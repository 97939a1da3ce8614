select
    model_permaslug, base_permaslug, variant, author,
    case when is_listed then intelligence_index end as intelligence_index,
    case when is_listed then coding_index end as coding_index,
    case when is_listed then agentic_index end as agentic_index,
    case when is_listed then prompt_usd_per_token end as prompt_usd_per_token,
    case when is_listed then completion_usd_per_token end as completion_usd_per_token,
    known_from, known_to, is_listed, capture
from core.snapshot_row_vintages as lines
join raw.benchmark_rows as scores on scores.block_hash = lines.block_hash and scores.model_permaslug = lines.row_key
