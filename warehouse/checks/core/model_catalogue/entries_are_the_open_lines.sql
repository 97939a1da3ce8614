-- The newest catalogue lists the entries whose line has no end, each since when that line began.
with open_lines as (
    select id, known_from, price_unit, prompt_usd_per_token, completion_usd_per_token
    from core.model_catalogue_vintages
    where known_to is null
)
select
    coalesce(listed.id, open_lines.id) as id,
    listed.known_from as listed_from,
    open_lines.known_from as open_from,
    listed.prompt_usd_per_token as listed_prompt_usd_per_token,
    open_lines.prompt_usd_per_token as open_prompt_usd_per_token
from core.model_catalogue as listed
full join open_lines on open_lines.id = listed.id
where (listed.known_from, listed.price_unit, listed.prompt_usd_per_token, listed.completion_usd_per_token)
    is distinct from (
        open_lines.known_from, open_lines.price_unit, open_lines.prompt_usd_per_token, open_lines.completion_usd_per_token
    )
