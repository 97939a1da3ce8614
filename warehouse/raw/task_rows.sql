-- Stored once per content: shares read again without a change add nothing. A share is named by its measure and denominator:
-- the source's own names would not tell its categories from the ones of the rankings.
select distinct
    block_hash, macro_category, tag, model_permaslug, base_permaslug, variant, author, display_name,
    token_share as classified_token_share,
    usage_share as classified_request_share,
    category_token_share as macro_token_share,
    category_usage_share as macro_request_share,
    tag_token_share,
    tag_usage_share as tag_request_share
from staged_task_rows
anti join raw.task_rows using (block_hash)
