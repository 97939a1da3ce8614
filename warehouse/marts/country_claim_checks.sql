-- What others said of whole countries, by what they counted and by all tokens. What they counted, over which days, is decided in
-- the reference.
with claimed_days as (
    select claim, unnest(generate_series(first_day, last_day, interval 1 day))::date as usage_date
    from reference.public_claims
),
days as (
    select period_start as usage_date, is_provisional, capture, struct_pack(at := retrieved_at, line := citation) as reading
    from core.newest_blocks
    where series = 'usage_day'
),
newest as (
    -- What is not measurable cites the newest day.
    select max_by(capture, reading) as newest_capture, max(reading) as newest_reading
    from days
    having count(*) > 0
),
known_days as (
    -- A day that does not exist in the source is not missing.
    select
        claim,
        count(*) = count(reading) as are_all_known,
        coalesce(bool_or(is_provisional), false) as is_provisional,
        max(capture) as capture,
        max(reading) as reading
    from claimed_days
    left join days using (usage_date)
    where usage_date not in (select usage_date from reference.known_holes)
    group by claim
),
rows_of_claims as (
    -- Rows as the public chart shows them: each variant one of its own.
    select
        claim, base_permaslug,
        sum(total_tokens)::bigint as tokens,
        row_number() over (partition by claim order by sum(total_tokens) desc, model_permaslug) as place
    from claimed_days
    join core.model_usage_daily using (usage_date)
    where not is_other
    group by claim, model_permaslug, base_permaslug
),
counted as (
    select
        claim,
        coalesce(sum(tokens) filter (models.country = claims.country), 0)::bigint as country_tokens,
        sum(tokens) filter (models.country = compared_country)::bigint as compared_tokens,
        sum(tokens)::bigint as counted_tokens
    from rows_of_claims
    join reference.public_claims as claims using (claim)
    left join core.models as models using (base_permaslug)
    where place <= counted_rows
    group by claim
),
on_platform as (
    -- Models of no known country and what is not listed could be of any: that much a country may have had besides.
    select
        claim,
        coalesce(sum(class_tokens) filter (model_class = country), 0) / sum(class_tokens) as country_share,
        coalesce(sum(class_tokens) filter (model_class = compared_country), 0) / sum(class_tokens) as compared_share,
        sum(class_tokens) filter (model_class in ('unclassified', 'other')) / sum(class_tokens) as unknown_share
    from reference.public_claims
    join claimed_days using (claim)
    join core.class_token_shares as shares on shares.period_start = usage_date
    where scope = 'platform' and grain = 'day' and classification = 'country'
    group by claim
),
measured_claims as (
    select
        claims.*,
        case country when 'CN' then '中国模型' when 'US' then '美国模型' else country end as country_zh,
        case compared_country when 'CN' then '中国模型' when 'US' then '美国模型' else compared_country end as compared_zh,
        country_tokens, compared_tokens, counted_tokens, country_share, compared_share, unknown_share,
        are_all_known, is_provisional,
        if(are_all_known, capture, newest_capture) as capture,
        if(are_all_known, reading, newest_reading) as reading,
        case
            when not are_all_known then null
            when compared_country is null then country_share
            else country_share / (compared_share + unknown_share)
        end as platform_value_lower,
        case
            when not are_all_known then null
            when compared_country is null then country_share + unknown_share
            else (country_share + unknown_share) / nullif(compared_share, 0)
        end as platform_value_upper,
        -- A claim that counted the platform has no other measure.
        case
            when not are_all_known then null
            when counted_rows is null then platform_value_lower
            when compared_country is null then country_tokens / counted_tokens
            else country_tokens / compared_tokens
        end as measured_value,
        if(counted_rows is null, platform_value_upper, measured_value) as measured_upper
    from reference.public_claims as claims
    join known_days using (claim)
    cross join newest
    left join counted using (claim)
    left join on_platform using (claim)
),
first_known as (
    select
        country as first_country,
        min(week_start) as first_week,
        arg_min(platform_token_share_lower, week_start) as first_lower,
        arg_min(platform_token_share_upper, week_start) as first_upper
    from marts.country_token_share_weekly
    where platform_token_share_lower is not null
    group by country
)
select
    claim, claim_zh, country, compared_country, first_day, last_day, counted_rows, claimed_value, unit, measured_value,
    case
        when measured_value is null then 'not measurable'
        when measured_value >= coalesce(holds_from, 0) and (holds_below is null or measured_upper < holds_below) then 'confirmed'
        when measured_upper < holds_from or measured_value >= holds_below then 'refuted'
        else 'undecided'
    end as verdict,
    claimed_denominator, claimed_denominator_zh, platform_value_lower, platform_value_upper,
    case
        when platform_value_lower is null then 'not measurable'
        when platform_value_lower >= coalesce(holds_from, 0) and (holds_below is null or platform_value_upper < holds_below)
        then 'confirmed'
        when platform_value_upper < holds_from or platform_value_lower >= holds_below then 'refuted'
        else 'undecided'
    end as platform_verdict,
    case
        when not are_all_known then 'Needed: every day from ' || first_day || ' to ' || last_day || ' in the series usage_day.'
            || case
                when first_week > last_day then ' The first week known, of ' || first_week || ', has ' || country || ' at '
                    || printf('%.1f to %.1f %%.', 100 * first_lower, 100 * first_upper)
                else ''
            end
        else coalesce(
            'Counted in ' || claimed_denominator || ', ' || first_day || ' to ' || last_day || ': ' || country || ' '
            || printf('%.3f', country_tokens / 1e12) || coalesce(
                ' against ' || compared_country || ' ' || printf('%.3f', compared_tokens / 1e12),
                ' of ' || printf('%.3f', counted_tokens / 1e12)
            ) || ' trillion tokens. ',
            'From ' || first_day || ' to ' || last_day || '. '
        ) || 'Of all tokens of the platform ' || country || ' had '
            || printf('%.1f to %.1f %%', 100 * country_share, 100 * (country_share + unknown_share))
            || coalesce(
                ', ' || compared_country
                || printf(' %.1f to %.1f %%', 100 * compared_share, 100 * (compared_share + unknown_share)),
                ''
            ) || ' (core.model_usage_daily, core.class_token_shares).'
    end || ' The claim is read ' || reason || '.' as evidence,
    case
        when not are_all_known then '需要：数据序列 usage_day 自 ' || first_day || ' 至 ' || last_day || ' 的每一天。'
            || case
                when first_week > last_day then '最早已知的一周（' || first_week || '）中，' || country_zh || '占 '
                    || printf('%.1f%% 至 %.1f%%。', 100 * first_lower, 100 * first_upper)
                else ''
            end
        else coalesce(
            '按' || claimed_denominator_zh || '计，' || first_day || ' 至 ' || last_day || '：' || country_zh || '为 '
            || printf('%.3f', country_tokens / 1e12) || ' 万亿 token，' || coalesce(
                compared_zh || '为 ' || printf('%.3f', compared_tokens / 1e12) || ' 万亿。',
                '合计 ' || printf('%.3f', counted_tokens / 1e12) || ' 万亿。'
            ),
            first_day || ' 至 ' || last_day || '。'
        ) || '在全平台的全部 token 中，' || country_zh || '占 '
            || printf('%.1f%% 至 %.1f%%', 100 * country_share, 100 * (country_share + unknown_share))
            || coalesce(
                '，' || compared_zh
                || printf('占 %.1f%% 至 %.1f%%', 100 * compared_share, 100 * (compared_share + unknown_share)),
                ''
            ) || '（core.model_usage_daily、core.class_token_shares）。'
    end || '对该说法的解读：' || reason_zh || '。' as evidence_zh,
    outlet || ', ' || coalesce(strftime(reported_on, '%-d %B %Y'), 'day not established') as source,
    outlet_zh || '，' || coalesce(strftime(reported_on, '%Y 年 %-m 月 %-d 日'), '日期不详') as source_zh,
    measured_claims.source as source_url,
    is_provisional,
    reading.at as retrieved_at,
    capture,
    reading.line as citation
from measured_claims
left join first_known on first_country = country
