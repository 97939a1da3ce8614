-- The listed variants sum to the total; nothing listed is NULL, not zero.
select usage_date, default_tokens, free_tokens, other_variant_tokens, total_tokens
from marts.m2_usage_daily
where total_tokens is distinct from case
    when default_tokens is null and free_tokens is null and other_variant_tokens is null then null
    else coalesce(default_tokens, 0) + coalesce(free_tokens, 0) + coalesce(other_variant_tokens, 0)
end
