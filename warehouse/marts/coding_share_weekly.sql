with shares as (
    select
        week_start, base_permaslug, author,
        model_tokens as coding_tokens_estimate,
        unlisted_variants,
        block_tokens as category_tokens_estimate,
        block_token_share as coding_token_share,
        block_token_share_lower as coding_token_share_lower,
        block_token_share_upper as coding_token_share_upper,
        model_rank as coding_rank,
        days_in_week, is_provisional, vintages, retrieved_at, capture, citation
    from core.model_shares_weekly
    where series = 'category_week/programming'
),
above as (
    select
        week_start, base_permaslug,
        coalesce(array_agg(base_permaslug order by coding_rank, base_permaslug) over (
            partition by week_start
            order by coding_rank
            groups between unbounded preceding and 1 preceding
        ), []) as models_above
    from shares
    where coding_rank is not null
),
lineages as (
    select week_start, lineage, sum(coding_tokens_estimate) / any_value(category_tokens_estimate) as lineage_share
    from shares
    join reference.model_lineages using (base_permaslug)
    group by all
),
changes as (
    -- Weeks cut at nine models are not compared with whole ones. Where one of two weeks does not list the model, its bounds bound
    -- the change.
    select
        now.week_start, now.base_permaslug,
        100 * (now.coding_token_share - before.coding_token_share) as change_pp,
        100 * (now.coding_token_share_lower - before.coding_token_share_upper) as change_pp_lower,
        100 * (now.coding_token_share_upper - before.coding_token_share_lower) as change_pp_upper,
        before.is_provisional, before.retrieved_at, before.citation
    from shares as now
    join shares as before
        on before.base_permaslug = now.base_permaslug
        and before.week_start = now.week_start - 7
        and before.capture = now.capture
    where now.coding_rank is not null or before.coding_rank is not null
)
select
    shares.week_start, shares.base_permaslug, shares.author,
    shares.coding_token_share, shares.coding_token_share_lower, shares.coding_token_share_upper, shares.coding_rank,
    shares.coding_tokens_estimate, shares.unlisted_variants, shares.category_tokens_estimate,
    changes.change_pp, changes.change_pp_lower, changes.change_pp_upper, above.models_above,
    lineages.lineage_share as lineage_coding_token_share,
    platform.platform_token_share, platform.platform_token_share_lower, platform.platform_token_share_upper,
    shares.days_in_week,
    shares.is_provisional as is_coding_provisional,
    shares.is_provisional
    or coalesce(changes.is_provisional, false)
    or coalesce(platform.is_provisional, false) as is_provisional,
    shares.vintages, shares.retrieved_at, shares.capture, shares.citation,
    changes.retrieved_at as previous_retrieved_at,
    changes.citation as previous_citation,
    platform.retrieved_at as platform_retrieved_at,
    platform.citation as platform_citation
from shares
left join changes
    on changes.week_start = shares.week_start and changes.base_permaslug = shares.base_permaslug
left join above
    on above.week_start = shares.week_start and above.base_permaslug = shares.base_permaslug
left join reference.model_lineages as member on member.base_permaslug = shares.base_permaslug
left join lineages on lineages.week_start = shares.week_start and lineages.lineage = member.lineage
left join core.model_platform_shares_weekly as platform
    on platform.week_start = shares.week_start and platform.base_permaslug = shares.base_permaslug
