-- What the newest day leaves over: tokens that meet no price, and tokens of authors that no CSV knows.
select
    (select arg_max(unpriced_token_share, usage_date) from ops.unpriced_usage) as unpriced_token_share,
    (
        select coalesce(sum(platform_token_share), 0)
        from ops.unclassified
        where kind = 'author' and last_listed_on >= (select max(usage_date) from core.model_usage_daily)
    ) as unclassified_token_share
