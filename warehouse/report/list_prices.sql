-- List prices of the top nine of coding in M2's best week: from the newest catalogue fetched by the week's end; where none was
-- fetched by then, as noted from it. A model without either has no row.
with best as (
    select arg_max(week_start, coding_token_share) as week_start
    from marts.m2_coding_share_weekly
    where not is_coding_provisional
),
nine as (
    select week_start, base_permaslug, coding_rank
    from marts.coding_leaderboard_weekly
    join best using (week_start)
    where coding_rank <= 9
),
listed as (
    select
        model_permaslug, week_start, week_start + 6 as listed_on, prompt_usd_per_million, completion_usd_per_million, citation,
        'core.model_prices' as price_table
    from core.model_prices
    cross join best
    cross join (
        select max(retrieved_at) as read_at, max_by(citation, retrieved_at) as citation
        from core.readings
        cross join best
        where split_part(series, '/', 1) = 'models' and timezone('UTC', retrieved_at)::date <= week_start + 6
    )
    where known_from <= read_at and (known_to is null or known_to > read_at) and price_unit = 'token'
),
noted as (
    select
        model_permaslug, week_start, listed_on, prompt_usd_per_million, completion_usd_per_million, source as citation,
        'reference.list_prices' as price_table
    from reference.list_prices
    cross join best
    where listed_on <= week_start + 6 and not exists (from listed)
    qualify row_number() over (partition by model_permaslug order by listed_on desc) = 1
),
prices as (
    select *
    from listed
    union all
    select *
    from noted
)
select
    prices.week_start, coding_rank, base_permaslug, model_permaslug,
    split_part(model_permaslug, ':', 2) = 'free' as is_free,
    prompt_usd_per_million::double as prompt_usd_per_million,
    completion_usd_per_million::double as completion_usd_per_million,
    ((3 * prompt_usd_per_million + completion_usd_per_million) * 0.25)::double as blended_usd_per_million,
    listed_on, citation, price_table
from prices
join nine on base_permaslug = split_part(model_permaslug, ':', 1)
where split_part(model_permaslug, ':', 2) in ('', 'free')
order by coding_rank, is_free
