-- A free variant costs 0 whatever the catalogue says, no price is below 0, and a blend lies between its two prices.
select model_permaslug, known_from, prompt_usd_per_million, completion_usd_per_million, blended_usd_per_million
from core.model_prices
where (variant = 'free' and blended_usd_per_million is distinct from 0)
    or least(prompt_usd_per_million, completion_usd_per_million) < 0
    or blended_usd_per_million > greatest(prompt_usd_per_million, completion_usd_per_million) + 1e-9
    or blended_usd_per_million < least(prompt_usd_per_million, completion_usd_per_million) - 1e-9
