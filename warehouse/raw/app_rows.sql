-- Stored once per content, to which an app's name does not belong: the source spells it in more than one way.
select distinct block_hash, app_id, rank as app_rank, total_tokens, total_requests
from staged_app_rows
anti join raw.app_rows using (block_hash)
