-- What the newest day leaves over: tokens that meet no price, and tokens of authors that no CSV knows.
select
    (select arg_max(unpriced_token_share, usage_date) from ops.unpriced_usage) as unpriced_token_share,
    (
        select coalesce(sum(platform_token_share), 0)
        from core.model_usage_daily
        join core.models using (base_permaslug)
        where usage_date = (select max(usage_date) from core.model_usage_daily)
            and canonical_author is null and not is_stealth and not is_router
    ) as unclassified_token_share
