-- What a model can do against what it costs, on each day on which scores were fetched.
with benchmark_days as (
    select timezone('UTC', retrieved_at)::date as snapshot_on, max(retrieved_at) as retrieved_at
    from core.readings
    where split_part(series, '/', 1) = 'benchmarks'
    group by all
),
catalogue_days as (
    select timezone('UTC', retrieved_at)::date as snapshot_on, max(retrieved_at) as retrieved_at
    from core.readings
    where split_part(series, '/', 1) = 'models'
    group by all
),
citations as (
    select
        split_part(series, '/', 1) as series_kind, retrieved_at,
        max(capture) as capture,
        max(citation) as citation
    from core.readings
    where split_part(series, '/', 1) in ('benchmarks', 'models')
    group by all
),
scores as (
    select
        snapshot_on, days.retrieved_at, base_permaslug, 'benchmarks' as score_source,
        intelligence_index, coding_index, agentic_index,
        prompt_usd_per_token as scored_prompt_usd,
        completion_usd_per_token as scored_completion_usd
    from benchmark_days as days
    join core.benchmark_scores_vintages
        on known_from <= days.retrieved_at and (known_to is null or known_to > days.retrieved_at)
    where is_listed and variant = 'default'
    union all
    -- The catalogue carries the same indices; it speaks for days on which the scores themselves were not fetched.
    select distinct
        snapshot_on, days.retrieved_at, base_permaslug, 'models' as score_source,
        intelligence_index, coding_index, agentic_index,
        null as scored_prompt_usd,
        null as scored_completion_usd
    from catalogue_days as days
    join core.model_catalogue_vintages
        on known_from <= days.retrieved_at and (known_to is null or known_to > days.retrieved_at)
    where variant = 'default'
        and coalesce(intelligence_index, coding_index, agentic_index) is not null
        and snapshot_on not in (select snapshot_on from benchmark_days)
),
listed_prices as (
    -- The catalogue as it was known at the end of the day.
    select
        snapshot_on, base_permaslug,
        arg_max(prompt_usd_per_million, known_from) filter (variant = 'default') as listed_prompt_usd,
        arg_max(completion_usd_per_million, known_from) filter (variant = 'default') as listed_completion_usd,
        bool_or(variant = 'free') as has_free_variant
    from (select distinct snapshot_on from scores)
    join core.model_prices
        on timezone('UTC', known_from)::date <= snapshot_on
        and (known_to is null or timezone('UTC', known_to)::date > snapshot_on)
    group by all
),
priced as (
    select
        scores.snapshot_on, scores.retrieved_at, scores.base_permaslug, score_source, intelligence_index, coding_index,
        agentic_index,
        coalesce(has_free_variant, false) as has_free_variant,
        case
            when listed_prompt_usd is not null then 'models'
            when scored_prompt_usd >= 0 and scored_completion_usd >= 0 then 'benchmarks'
        end as price_source,
        case price_source
            when 'models' then listed_prompt_usd
            when 'benchmarks' then (1000000 * scored_prompt_usd)::decimal(38, 20)
        end as prompt_usd_per_million,
        case price_source
            when 'models' then listed_completion_usd
            when 'benchmarks' then (1000000 * scored_completion_usd)::decimal(38, 20)
        end as completion_usd_per_million,
        ((3 * prompt_usd_per_million + completion_usd_per_million) * 0.25)::decimal(38, 22) as blended_usd_per_million
    from scores
    left join listed_prices using (snapshot_on, base_permaslug)
),
catalogues as (
    -- The newest catalogue by the end of each day with scores.
    select snapshot_on, max(struct_pack(at := retrieved_at, line := citation)) as newest
    from (select distinct snapshot_on from scores)
    join core.readings on split_part(series, '/', 1) = 'models' and timezone('UTC', retrieved_at)::date <= snapshot_on
    group by all
),
used as (
    select usage_date + 1 as snapshot_on, base_permaslug, sum(total_tokens)::bigint as total_tokens
    from core.model_usage_daily
    where not is_other
    group by all
),
used_days as (
    select period_start + 1 as snapshot_on, retrieved_at, citation
    from core.newest_blocks
    where series = 'usage_day'
),
compared as (
    -- Against the greatest score among what costs less, and among what costs the same.
    select
        *,
        max(intelligence_index) over cheaper as best_cheaper_intelligence,
        max(intelligence_index) over alike as best_alike_intelligence,
        max(coding_index) over cheaper as best_cheaper_coding,
        max(coding_index) over alike as best_alike_coding
    from priced
    where blended_usd_per_million is not null
    window
        cheaper as (
            partition by snapshot_on order by blended_usd_per_million groups between unbounded preceding and 1 preceding
        ),
        alike as (partition by snapshot_on, blended_usd_per_million)
),
judged as (
    select
        snapshot_on, base_permaslug,
        intelligence_index = best_alike_intelligence
        and intelligence_index > coalesce(best_cheaper_intelligence, -1) as is_pareto_efficient,
        coding_index = best_alike_coding and coding_index > coalesce(best_cheaper_coding, -1) as is_coding_pareto_efficient
    from compared
)
select
    snapshot_on, base_permaslug,
    split_part(base_permaslug, '/', 1) as author,
    intelligence_index, coding_index, agentic_index, score_source,
    prompt_usd_per_million, completion_usd_per_million, blended_usd_per_million, price_source, has_free_variant,
    total_tokens, is_pareto_efficient, is_coding_pareto_efficient, priced.retrieved_at, citations.capture, citations.citation,
    newest.at as price_retrieved_at,
    newest.line as price_citation,
    used_days.retrieved_at as usage_retrieved_at,
    used_days.citation as usage_citation
from priced
left join judged using (snapshot_on, base_permaslug)
left join used using (snapshot_on, base_permaslug)
left join used_days using (snapshot_on)
left join catalogues using (snapshot_on)
join citations on citations.series_kind = priced.score_source and citations.retrieved_at = priced.retrieved_at
