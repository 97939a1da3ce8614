-- What the sample was multiplied by divides each row of its block, `other` included, and gives the sampled tokens.
select week_start, sample_divisor, sampled_tokens_estimate, sum(tokens_estimate)::bigint as block_tokens
from (select distinct week_start, sample_divisor, sampled_tokens_estimate from marts.coding_share_error_weekly)
join core.category_usage_weekly using (week_start)
where category = 'programming'
group by all
having bool_or(tokens_estimate % sample_divisor <> 0) or block_tokens <> sampled_tokens_estimate * sample_divisor
