-- What each vintage of a rankings block sums to: how far a block moved is computed from this, not from its rows.
select
    series, period_start, vintage_number,
    sum(total_tokens)::bigint as block_tokens,
    count(*) as block_rows,
    arg_max(model_permaslug, (total_tokens, model_permaslug)) filter (not is_other) as largest_model_permaslug,
    max(total_tokens) filter (not is_other) as largest_row_tokens
from core.block_vintage_rows
group by all
