-- The same week of coding by each measure: what the source samples by category, by language and by task, and for comparison
-- the exact share of the platform. A model that a measure lists is ranked by what is known of it, whether or not that is all.
with category as (
    select
        week_start, base_permaslug, author, 'category_programming' as measure, 'tokens' as quantity,
        coding_token_share as measure_share,
        coding_token_share_lower as measure_share_lower,
        coding_token_share_upper as measure_share_upper,
        coding_rank as measure_rank,
        coding_tokens_estimate::double as numerator,
        category_tokens_estimate::double as denominator,
        'tokens, scaled from a sample' as unit,
        true as is_sampled, is_coding_provisional as is_provisional, retrieved_at, capture, citation
    from marts.coding_share_weekly
),
language as (
    select
        week_start, base_permaslug, author, 'language_programming' as measure, 'tokens' as quantity,
        block_token_share as measure_share,
        block_token_share_lower as measure_share_lower,
        block_token_share_upper as measure_share_upper,
        model_rank as measure_rank,
        model_tokens::double as numerator,
        block_tokens::double as denominator,
        'tokens, scaled from a sample' as unit,
        true as is_sampled, is_provisional, retrieved_at, capture, citation
    from core.model_shares_weekly
    where series = 'language_week/programming'
),
task_weeks as (
    -- Of the trailing windows of seven days, those that are calendar weeks.
    select
        window_end - 6 as week_start, base_permaslug, author, model_macro_token_share, model_macro_token_share_lower,
        model_macro_token_share_upper, model_macro_request_share, model_macro_request_share_lower,
        model_macro_request_share_upper, classified_token_share, classified_request_share, is_provisional, retrieved_at,
        capture, citation
    from core.task_macro_model_shares
    where macro_category = 'code' and isodow(window_end) = 7
),
task_tokens as (
    select
        week_start, base_permaslug, author, 'task_code_tokens' as measure, 'tokens' as quantity,
        model_macro_token_share as measure_share,
        model_macro_token_share_lower as measure_share_lower,
        model_macro_token_share_upper as measure_share_upper,
        case when model_macro_token_share_lower > 0 then rank() over (
            partition by week_start order by model_macro_token_share_lower desc
        ) end as measure_rank,
        model_macro_token_share * classified_token_share as numerator,
        classified_token_share as denominator,
        'share of all classified tokens' as unit,
        true as is_sampled, is_provisional, retrieved_at, capture, citation
    from task_weeks
),
task_requests as (
    select
        week_start, base_permaslug, author, 'task_code_requests' as measure, 'requests' as quantity,
        model_macro_request_share as measure_share,
        model_macro_request_share_lower as measure_share_lower,
        model_macro_request_share_upper as measure_share_upper,
        case when model_macro_request_share_lower > 0 then rank() over (
            partition by week_start order by model_macro_request_share_lower desc
        ) end as measure_rank,
        model_macro_request_share * classified_request_share as numerator,
        classified_request_share as denominator,
        'share of all classified requests' as unit,
        true as is_sampled, is_provisional, retrieved_at, capture, citation
    from task_weeks
),
platform as (
    select
        week_start, base_permaslug, author, 'platform' as measure, 'tokens' as quantity,
        platform_token_share as measure_share,
        platform_token_share_lower as measure_share_lower,
        platform_token_share_upper as measure_share_upper,
        platform_rank as measure_rank,
        model_tokens::double as numerator,
        block_tokens::double as denominator,
        'tokens' as unit,
        false as is_sampled, is_provisional, retrieved_at, capture, citation
    from core.model_platform_shares_weekly
),
measures as (
    from category
    union all by name
    from language
    union all by name
    from task_tokens
    union all by name
    from task_requests
    union all by name
    from platform
)
select
    measures.week_start, measures.base_permaslug, measures.author, measures.measure, measures.quantity, measures.measure_share,
    measures.measure_share_lower, measures.measure_share_upper, measures.measure_rank, measures.numerator, measures.denominator, measures.unit,
    measures.is_sampled,
    100 * (measures.measure_share - category.measure_share) as difference_pp,
    -- Two figures without bounds differ for being two samples.
    case when measures.measure_share_lower < measures.measure_share_upper or category.measure_share_lower < category.measure_share_upper
        then measures.measure_share_lower > category.measure_share_upper or measures.measure_share_upper < category.measure_share_lower
    end as is_disjoint,
    weeks.days_in_week,
    measures.is_provisional or coalesce(category.is_provisional, false) as is_provisional,
    measures.retrieved_at, measures.capture, measures.citation,
    category.retrieved_at as category_retrieved_at,
    category.citation as category_citation
from measures
join core.weeks using (week_start)
left join category using (week_start, base_permaslug)
