-- A free variant's tokens cost 0 whatever the catalogue says, no price is below 0, a blend lies between its two prices, and
-- what is not priced by the token has no price of one.
select
    model_permaslug, known_from, price_unit, prompt_usd_per_million, completion_usd_per_million, blended_usd_per_million
from core.model_prices
where (variant = 'free' and price_unit in ('token', 'input token') and prompt_usd_per_million is distinct from 0)
    or least(prompt_usd_per_million, completion_usd_per_million) < 0
    or blended_usd_per_million > greatest(prompt_usd_per_million, completion_usd_per_million)
    or blended_usd_per_million < least(prompt_usd_per_million, completion_usd_per_million)
    or (price_unit not in ('token', 'input token') and prompt_usd_per_million is not null)
    or (price_unit <> 'token' and completion_usd_per_million is not null)
