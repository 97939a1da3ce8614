-- What each app was called, once a day and spelling.
with staged as (
    select distinct retrieved_at::date as read_on, app_id, app_name
    from staged_app_names
)
select read_on, app_id, app_name
from staged
anti join raw.app_names using (read_on, app_id, app_name)
