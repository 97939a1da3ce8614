-- Claims are measured by the tables, never by hand. What no table holds is not measurable, and says what would be needed.
with newest_of_series as (
    select
        series,
        arg_max(capture, (as_of, capture)) as capture,
        arg_max(citation, (as_of, citation)) as citation,
        -- What no ranking shows is cited from what was fetched last, rankings first.
        (split_part(series, '/', 1) in ('usage_day', 'category_week'), max(as_of), series) as newness
    from core.readings
    where split_part(series, '/', 1) in ('usage_day', 'category_week', 'models', 'benchmarks')
    group by series
),
newest as (
    select
        arg_max(capture, newness) as capture,
        arg_max(citation, newness) as citation
    from newest_of_series
    having count(*) > 0
),
article as (
    -- A claim is compared with what could be seen when it was made. What the article says of usage is about November; its
    -- prices are those of the middle of the month.
    select
        'GeekPark, on the revaluation of Chinese AI, November 2025' as source,
        '极客公园，谈中国 AI 的价值重估，2025 年 11 月' as source_zh,
        date '2025-11-30' as last_day,
        date '2025-11-15' as priced_on
),
days_then as (
    select
        80e9::double as claimed_value,
        count(*) filter (usage_date >= date_trunc('month', last_day)) as days_of_month,
        max(total_tokens)::double as most_tokens,
        max(total_tokens_upper) as most_tokens_upper,
        arg_max(usage_date, (total_tokens, usage_date)) filter (total_tokens is not null) as best_day,
        -- Which day had the most is known from all of them.
        arg_max(capture, (retrieved_at, citation)) as capture,
        arg_max(citation, (retrieved_at, citation)) as citation
    from marts.m2_usage_daily
    cross join article
    where usage_date <= last_day
),
volume as (
    select
        'daily tokens of M2 passed 80 billion' as claim, 'M2 的每日 token 数突破 800 亿' as claim_zh, claimed_value, 'tokens a day' as unit,
        most_tokens as measured_value,
        case
            when most_tokens > claimed_value then 'confirmed'
            -- Only with every day of the month before us can it be said that there was none.
            when most_tokens_upper <= claimed_value and days_of_month = 30 then 'refuted'
            else 'not measurable'
        end as verdict,
        coalesce(
            best_day || ' had the most tokens of the days read up to ' || last_day
            || ', variants summed (marts.m2_usage_daily).',
            'Needed: the series usage_day up to ' || last_day || '.'
        ) as evidence,
        coalesce(
            '截至 ' || last_day || ' 已获取的各日中，' || best_day || ' 的 token 最多，各版本合计（marts.m2_usage_daily）。',
            '需要：截至 ' || last_day || ' 的数据序列 usage_day。'
        ) as evidence_zh,
        capture, citation
    from days_then
    cross join article
),
weeks_then as (
    select
        week_start, weekly.coding_rank, models_above, z_to_next, resolved_from_z,
        weekly.retrieved_at, weekly.capture, weekly.citation,
        weekly.coding_rank = 3
        and len(list_filter(models_above, lambda model: model like 'x-ai/grok%')) = 1
        and len(list_filter(models_above, lambda model: model like 'anthropic/claude-4.5-sonnet%')) = 1 as is_as_claimed
    from marts.m2_coding_share_weekly as weekly
    cross join article
    left join marts.coding_share_error_weekly as errors using (week_start, base_permaslug)
    where week_start + 6 <= last_day
),
weeks_counted as (
    select
        count_if(is_as_claimed) as weeks_as_claimed,
        min(z_to_next) filter (is_as_claimed) as least_z,
        count_if(is_as_claimed and z_to_next < resolved_from_z) as weeks_about_level,
        count(*) filter (week_start >= date_trunc('month', last_day)) as weeks_of_month,
        arg_max(capture, (retrieved_at, citation)) as capture,
        arg_max(citation, (retrieved_at, citation)) as citation
    from weeks_then
    cross join article
),
first_or_best_week as (
    select week_start, coding_rank, models_above
    from weeks_then
    where coding_rank is not null
    qualify row_number() over (order by is_as_claimed desc, coding_rank, week_start) = 1
),
place as (
    select
        'M2 ranked third in programming, behind only Grok and Claude Sonnet 4.5' as claim,
        'M2 在编程类别中排名第三，仅次于 Grok 和 Claude Sonnet 4.5' as claim_zh,
        3::double as claimed_value, 'rank' as unit,
        coding_rank::double as measured_value,
        case
            when weeks_as_claimed > 0 then 'confirmed'
            -- The four whole weeks of the month, each read, and none of them as claimed.
            when weeks_of_month = 4 then 'refuted'
            else 'not measurable'
        end as verdict,
        coalesce(
            'Week of ' || week_start || ': above it ' || coalesce(nullif(array_to_string(models_above, ', '), ''), 'none')
            || '. Weeks as claimed up to ' || last_day || ': ' || weeks_as_claimed
            || coalesce(', against rank 4 with z of at least ' || printf('%.1f', least_z), '') || case
                when weeks_about_level > 0 then ', in ' || weeks_about_level || ' of them about level with it by the sample'
                else ''
            end || ' (marts.m2_coding_share_weekly, marts.coding_share_error_weekly).',
            'Needed: the series category_week/programming up to ' || last_day || '.'
        ) as evidence,
        coalesce(
            week_start || ' 当周：排在其前的是 ' || coalesce(nullif(array_to_string(models_above, '、'), ''), '（无）')
            || '。截至 ' || last_day || '，符合该说法的周数为 ' || weeks_as_claimed
            || coalesce('，与第 4 名相比 z 至少为 ' || printf('%.1f', least_z), '') || case
                when weeks_about_level > 0 then '，其中 ' || weeks_about_level || ' 周抽样无法区分两者'
                else ''
            end || '（marts.m2_coding_share_weekly、marts.coding_share_error_weekly）。',
            '需要：截至 ' || last_day || ' 的数据序列 category_week/programming。'
        ) as evidence_zh,
        capture, citation
    from weeks_counted
    cross join article
    left join first_or_best_week on true
),
prices_then as (
    -- The price at the end of that day; where the catalogue was not fetched by then, the first one known after it.
    select model_permaslug, blended_usd_per_million, known_from
    from core.model_prices
    cross join article
    where known_to is null or timezone('UTC', known_to)::date > priced_on
    qualify row_number() over (partition by model_permaslug order by known_from) = 1
),
prices_noted as (
    -- What was noted by hand from the catalogue of that day or before, where none was fetched by then.
    select
        model_permaslug, list_prices.source as noted_from,
        (3 * prompt_usd_per_million + completion_usd_per_million) * 0.25 as blended_usd_per_million
    from reference.list_prices
    cross join article
    where listed_on <= priced_on
        and not exists (
            from core.readings
            where split_part(series, '/', 1) = 'models' and timezone('UTC', retrieved_at)::date <= priced_on
        )
    qualify row_number() over (partition by model_permaslug order by listed_on desc) = 1
),
ratios as (
    select
        (m2.blended_usd_per_million / sonnet.blended_usd_per_million)::double as measured_value,
        greatest(m2.known_from, sonnet.known_from) as known_from,
        null as noted_from
    from prices_then as m2
    join prices_then as sonnet on sonnet.model_permaslug = 'anthropic/claude-4.5-sonnet-20250929'
    where m2.model_permaslug = m2()
    union all
    select
        (m2.blended_usd_per_million / sonnet.blended_usd_per_million)::double as measured_value,
        null as known_from,
        'M2 ' || m2.noted_from || '; Claude Sonnet 4.5 ' || sonnet.noted_from as noted_from
    from prices_noted as m2
    join prices_noted as sonnet on sonnet.model_permaslug = 'anthropic/claude-4.5-sonnet-20250929'
    where m2.model_permaslug = m2()
),
compared as (
    select 0.08::double as claimed_value, measured_value, known_from, noted_from
    from article
    left join ratios on true
    qualify row_number() over (order by noted_from nulls last) = 1
),
price_reading as (
    -- The newest fetch of that day or before, or the one that gave the later of the two prices.
    select
        arg_max(capture, (retrieved_at, citation)) as capture,
        arg_max(citation, (retrieved_at, citation)) as citation
    from core.readings
    cross join compared
    cross join article
    where split_part(series, '/', 1) = 'models'
        and (timezone('UTC', retrieved_at)::date <= priced_on or retrieved_at = known_from)
),
price as (
    select
        'M2 at about 8 % of the price of Claude Sonnet' as claim, 'M2 的价格约为 Claude Sonnet 的 8%' as claim_zh, claimed_value, 'ratio of prices' as unit, measured_value,
        case
            when measured_value is null then 'not measurable'
            -- About: within a quarter of what is claimed.
            when abs(measured_value / claimed_value - 1) <= 0.25 then 'confirmed'
            else 'refuted'
        end as verdict,
        case
            when measured_value is null then 'Needed: a reading of the model catalogue that lists both with prices.'
            else case
                when noted_from is not null then 'List prices noted from the catalogue of that time: ' || noted_from
                when timezone('UTC', known_from)::date <= priced_on then 'List prices at the end of ' || priced_on
                else 'List prices as first known, on ' || strftime(known_from, '%Y-%m-%d') || ', which is after ' || priced_on
                    || ', the day of the claim'
            end || '; three prompt tokens to one completion token, compared with Claude Sonnet 4.5; within a quarter of the '
                || 'claimed ratio counts as about (' || if(noted_from is null, 'core.model_prices', 'reference.list_prices') || ').'
        end as evidence,
        case
            when measured_value is null then '需要：列有两者价格的模型目录。'
            else case
                when noted_from is not null then '当时目录中记录的标价：' || noted_from
                when timezone('UTC', known_from)::date <= priced_on then priced_on || ' 结束时的标价'
                else '最早已知的标价（' || strftime(known_from, '%Y-%m-%d') || '），晚于该说法的日期 ' || priced_on
            end || '；输入与输出 token 按 3:1 计算，与 Claude Sonnet 4.5 相比；与所称比值相差四分之一以内即算“约”（'
                || if(noted_from is null, 'core.model_prices', 'reference.list_prices') || '）。'
        end as evidence_zh,
        case when measured_value is not null then capture end as capture,
        case when measured_value is not null then citation end as citation
    from compared
    cross join article
    cross join price_reading
),
november as (
    -- The first and the last whole week of the month.
    select
        arg_min(platform_token_share_lower, week_start) as first_lower,
        arg_min(platform_token_share_upper, week_start) as first_upper,
        arg_max(platform_token_share_lower, week_start) as last_lower,
        arg_max(platform_token_share_upper, week_start) as last_upper,
        arg_max(capture, (retrieved_at, citation)) as capture,
        arg_max(citation, (retrieved_at, citation)) as citation,
        count(*) = 2 as has_both
    from marts.country_token_share_weekly
    where country = 'CN'
        and week_start in (date '2025-11-03', date '2025-11-24')
        and platform_token_share_lower is not null
),
chinese_authors as (
    select
        'the share of tokens of Chinese authors rose through November 2025' as claim,
        '2025 年 11 月，中国厂商的 token 份额上升' as claim_zh,
        0::double as claimed_value,
        'change of share' as unit,
        case when has_both then last_lower - first_lower end as measured_value,
        case
            when has_both and last_lower > first_upper then 'confirmed'
            when has_both and last_upper < first_lower then 'refuted'
            when has_both then 'undecided'
            else 'not measurable'
        end as verdict,
        case
            when not has_both then 'Needed: every day of the weeks of 2025-11-03 and 2025-11-24 in the series usage_day.'
            else case
                when last_lower > first_upper or last_upper < first_lower then 'Listed tokens'
                else 'Undecided: what is not listed could turn it. Listed tokens'
            end || ' of the weeks of 2025-11-03 and 2025-11-24: ' || printf('%.1f', 100 * first_lower) || ' % (at most '
                || printf('%.1f', 100 * first_upper) || ' %), then ' || printf('%.1f', 100 * last_lower) || ' % (at most '
                || printf('%.1f', 100 * last_upper) || ' %) (marts.country_token_share_weekly).'
        end as evidence,
        case
            when not has_both then '需要：数据序列 usage_day 在 2025-11-03 和 2025-11-24 两周的每一天。'
            else if(last_lower > first_upper or last_upper < first_lower, '', '无法判定：未上榜的用量可能改变结论。')
                || '2025-11-03 和 2025-11-24 两周的上榜 token：先为 '
                || printf('%.1f%%（至多 %.1f%%），后为 %.1f%%（至多 %.1f%%）', 100 * first_lower, 100 * first_upper, 100 * last_lower, 100 * last_upper)
                || '（marts.country_token_share_weekly）。'
        end as evidence_zh,
        case when has_both then capture end as capture,
        case when has_both then citation end as citation
    from november
),
scored as (
    -- Both models of a comparison are scored by one snapshot: those of different snapshots are of different scales.
    select
        snapshot_on, base_permaslug, intelligence_index, blended_usd_per_million, capture, citation,
        percent_rank() over (partition by snapshot_on order by intelligence_index) as intelligence_percentile,
        -- Among those with a price: one without is not the dearest.
        percent_rank() over (
            partition by snapshot_on, blended_usd_per_million is null order by blended_usd_per_million
        ) as price_percentile
    from marts.price_intelligence
    where intelligence_index is not null
),
rivals as (
    select claim, claim_zh, rival, claimed_value, unit
    from (values
        ('M2 within 10 % of GPT-5 on the intelligence index', 'M2 的智能指数与 GPT-5 相差不超过 10%',
            'openai/gpt-5-2025-08-07', 0.1::double, 'relative distance of scores'),
        ('M2 above gpt-oss-120b on the intelligence index', 'M2 的智能指数高于 gpt-oss-120b',
            'openai/gpt-oss-120b', 0, 'difference of scores'),
        ('M2 in the corner of high intelligence and low price, beside Grok 4 Fast', 'M2 与 Grok 4 Fast 同处高智能、低价格的一角',
            'x-ai/grok-4-fast', 0.5::double, 'greatest distance from the corner, in percentiles')
    ) as rivals (claim, claim_zh, rival, claimed_value, unit)
),
first_pairs as (
    select
        claim, m2.snapshot_on, m2.capture, m2.citation,
        m2.intelligence_index as m2_index,
        rival.intelligence_index as rival_index,
        -- How far the worse of the two is from the most intelligent, or from the cheapest.
        greatest(
            1 - m2.intelligence_percentile, m2.price_percentile, 1 - rival.intelligence_percentile, rival.price_percentile
        ) as distance_from_corner,
        m2.blended_usd_per_million is not null and rival.blended_usd_per_million is not null as are_priced
    from rivals
    join scored as m2 on m2.base_permaslug = m2()
    join scored as rival on rival.base_permaslug = rivals.rival and rival.snapshot_on = m2.snapshot_on
    cross join article
    -- What was listed when the claim was made, else the first of what came later, which does not decide it.
    qualify row_number() over (
        partition by claim order by m2.snapshot_on > last_day, abs(m2.snapshot_on - last_day)
    ) = 1
),
measured_scores as (
    select
        claim, claim_zh, claimed_value, unit, snapshot_on, m2_index, rival_index, capture, citation,
        case
            when unit = 'relative distance of scores' then abs(m2_index - rival_index) / rival_index
            when unit = 'difference of scores' then m2_index - rival_index
            when are_priced then distance_from_corner
        end as measured_value
    from rivals
    left join first_pairs using (claim)
),
intelligence as (
    select
        claim, claim_zh, claimed_value, unit, measured_value,
        case
            when measured_value is null or snapshot_on > last_day then 'not measurable'
            when unit = 'difference of scores' then if(measured_value > 0, 'confirmed', 'refuted')
            when measured_value <= claimed_value then 'confirmed'
            else 'refuted'
        end as verdict,
        coalesce(
            case
                when snapshot_on > last_day
                then 'Needed: scores fetched up to ' || last_day || '. The first fetched with both models are of '
                else 'Scores of '
            end || snapshot_on || case
                when measured_value is null then ': one of the two has no price'
                else ': M2 ' || m2_index || ', the other ' || rival_index
            end || '. Indices are rescaled from time to time (marts.price_intelligence).',
            'Needed: benchmark scores of both models, fetched up to ' || last_day || '.'
        ) as evidence,
        coalesce(
            case
                when snapshot_on > last_day then '需要：截至 ' || last_day || ' 获取的得分。最早同时含有两个模型的得分来自 '
                else '得分日期：'
            end || snapshot_on || case
                when measured_value is null then '，两者之一没有价格'
                else '，M2 为 ' || m2_index || '，另一模型为 ' || rival_index
            end || '。指数会不时重新标定（marts.price_intelligence）。',
            '需要：截至 ' || last_day || ' 获取的两个模型的基准得分。'
        ) as evidence_zh,
        case when measured_value is not null then capture end as capture,
        case when measured_value is not null then citation end as citation
    from measured_scores
    cross join article
),
unmeasured as (
    select
        claim, claim_zh, claimed_value, unit, null::double as measured_value, 'not measurable' as verdict, evidence, evidence_zh,
        null::varchar as capture, null::varchar as citation
    from (values
        ('capital expenditure of 124 against 694 billion US dollars, 2023 to 2025',
            '2023 至 2025 年的资本开支为 1,240 亿美元对 6,940 亿美元', 124::double / 694, 'ratio of sums',
            'Not measurable here: no series of usage, prices or scores holds capital expenditure.',
            '此处无法衡量：用量、价格和得分的数据序列都不含资本开支。')
    ) as claims (claim, claim_zh, claimed_value, unit, evidence, evidence_zh)
),
checked as (
    select claim, claim_zh, claimed_value, unit, measured_value, verdict, evidence, evidence_zh, capture, citation
    from volume
    union all
    select claim, claim_zh, claimed_value, unit, measured_value, verdict, evidence, evidence_zh, capture, citation
    from place
    union all
    select claim, claim_zh, claimed_value, unit, measured_value, verdict, evidence, evidence_zh, capture, citation
    from price
    union all
    select claim, claim_zh, claimed_value, unit, measured_value, verdict, evidence, evidence_zh, capture, citation
    from chinese_authors
    union all
    select claim, claim_zh, claimed_value, unit, measured_value, verdict, evidence, evidence_zh, capture, citation
    from intelligence
    union all
    select claim, claim_zh, claimed_value, unit, measured_value, verdict, evidence, evidence_zh, capture, citation
    from unmeasured
    union all by name
    select
        claim, claim_zh, claimed_value, unit, measured_value, verdict, claimed_denominator, claimed_denominator_zh,
        platform_value_lower, platform_value_upper, platform_verdict, evidence, evidence_zh, source, source_zh, source_url,
        capture, citation
    from marts.country_claim_checks
)
select
    claim, claim_zh, claimed_value, unit, measured_value, verdict, claimed_denominator, claimed_denominator_zh,
    platform_value_lower, platform_value_upper, platform_verdict, evidence, evidence_zh,
    coalesce(checked.source, article.source) as source,
    coalesce(checked.source_zh, article.source_zh) as source_zh,
    source_url,
    coalesce(checked.capture, newest.capture) as capture,
    coalesce(checked.citation, newest.citation) as citation
from checked
cross join article
cross join newest
