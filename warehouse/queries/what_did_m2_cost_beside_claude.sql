-- What did M2 cost beside Claude: by list price, by share of spend, and by session?
-- Does not show: what was paid. List prices have no caching, no discounts and no prices of other providers. How many of the
-- tokens were completions is not known: one in four is assumed, and the bounds of the shares cover every possibility. A
-- session is the median of whatever each model was used for, in the newest window. A file without a key has the first view
-- only.
-- Tables: marts.claim_checks, marts.spend_share_weekly, marts.session_cost_comparison
with m2_week as (
    -- The week in which the most tokens of M2 were paid for.
    select week_start
    from marts.spend_share_weekly
    where spend_of = 'model' and subject = 'minimax/minimax-m2' and list_spend_share_estimate is not null
    order by priced_tokens - zero_price_tokens desc, week_start
    limit 1
),
weekly as (
    select
        week_start, subject, priced_token_share, list_spend_share_lower, list_spend_share_estimate, list_spend_share_upper,
        price_citation
    from marts.spend_share_weekly
    join m2_week using (week_start)
    where (spend_of = 'model' and subject = 'minimax/minimax-m2') or (spend_of = 'author' and subject = 'anthropic')
),
shares as (
    select
        week_start,
        unnest([
            {figure: 'share of tokens', share: priced_token_share},
            {figure: 'share of list spend, at least', share: list_spend_share_lower},
            {figure: 'share of list spend, estimate', share: list_spend_share_estimate},
            {figure: 'share of list spend, at most', share: list_spend_share_upper}
        ], recursive := true),
        subject, price_citation
    from weekly
),
views as (
    select
        '1 list price' as seen_by, null::date as period, 'price of M2 ÷ price of Claude Sonnet 4.5' as figure,
        null::double as m2, null::double as claude,
        round(measured_value, 4) as m2_by_claude,
        evidence as remark, citation
    from marts.claim_checks
    where claim = 'M2 at about 8 % of the price of Claude Sonnet'
    union all
    select
        '2 spend' as seen_by, week_start as period, figure,
        round(any_value(share) filter (subject <> 'anthropic'), 4) as m2,
        round(any_value(share) filter (subject = 'anthropic'), 4) as claude,
        case when not contains(figure, ' at ') then round(m2 / claude, 4) end as m2_by_claude,
        'M2 beside all of Anthropic, of the listed tokens with a price' as remark,
        any_value(price_citation) as citation
    from shares
    group by week_start, figure
    union all
    select
        '3 session' as seen_by, window_end as period,
        base_permaslug || ', ' || turn_range as figure,
        round(median(median_session_cost_usd), 4) as m2,
        round(median(claude_session_cost_usd), 4) as claude,
        round(median(session_cost_ratio), 4) as m2_by_claude,
        'US dollars; median of ' || count(*) || ' comparisons with models of Claude in ' || count(distinct app_slug) || ' apps'
            as remark,
        any_value(citation) as citation
    from marts.session_cost_comparison
    where window_end = (select max(window_end) from marts.session_cost_comparison)
    group by window_end, base_permaslug, turn_range
)
select seen_by, period, figure, m2, claude, m2_by_claude, remark, citation
from views
order by seen_by, period, figure
