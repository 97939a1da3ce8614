-- What each app was called in each reading.
with staged as (
    select distinct retrieved_at, app_id, app_name
    from staged_app_names
)
select retrieved_at, app_id, app_name
from staged
anti join raw.app_names using (retrieved_at, app_id, app_name)
