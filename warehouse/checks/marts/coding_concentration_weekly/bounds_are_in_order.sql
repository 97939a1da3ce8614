-- Of n listed models that have 1 − `other` between them the index is at least (1 − other)² ÷ n; bounds are in order and at most
-- 1; the number of models is 1 ÷ the index; each week with a listed model is there.
select
    week_start, listed_models, other_token_share, hhi_lower, hhi_upper_estimate, hhi_upper, effective_models_lower,
    effective_models_lower_estimate, effective_models_upper
from marts.coding_concentration_weekly
full join (
    select distinct week_start, true as is_read
    from core.category_usage_weekly
    where category = 'programming' and not is_other and category_token_share > 0
) using (week_start)
where (
    is_read
    and (1 - other_token_share) ** 2 / listed_models <= hhi_lower + 1e-9
    and hhi_lower <= hhi_upper_estimate
    and hhi_upper_estimate <= hhi_upper + 1e-9
    and hhi_upper <= 1
    and abs(effective_models_lower * hhi_upper - 1) <= 1e-9
    and abs(effective_models_lower_estimate * hhi_upper_estimate - 1) <= 1e-9
    and abs(effective_models_upper * hhi_lower - 1) <= 1e-9
) is not true
