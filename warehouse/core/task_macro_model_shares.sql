-- A model's share of a macro category, variants summed: what its tags list of it, weighted by the tags, and the most that
-- they do not list. The source gives three decimals, so that each of its shares may be half a thousandth off. Sums of
-- fractions are taken in order: in another one they differ in their last digit, and a rebuild would not be the same.
with macros as (
    select
        window_end, macro_category, classified_token_share, classified_request_share, is_provisional, retrieved_at, capture,
        citation
    from core.task_shares
    where tag = '*'
),
tags as (
    select window_end, macro_category, tag, macro_token_share, macro_request_share
    from core.task_shares
    where tag <> '*'
),
listed as (
    select
        window_end, macro_category, tag, base_permaslug,
        count(*) as listed_variants,
        -- As good as `order by`, in a tenth of the time: these are almost as many groups as rows.
        list_sum(list_sort(list(tag_token_share))) as token_share,
        list_sum(list_sort(list(tag_request_share))) as request_share
    from core.task_model_shares
    group by all
),
unlisted as (
    -- The ten with most requests are listed: another one has at most the requests of the last, and whatever tokens are left.
    select
        window_end, macro_category, tag,
        greatest(1 - sum(greatest(tag_token_share - 0.0005, 0) order by model_permaslug), 0) as token_rest,
        greatest(1 - sum(greatest(tag_request_share - 0.0005, 0) order by model_permaslug), 0) as request_rest,
        min(tag_request_share) + 0.0005 as smallest_request_share
    from core.task_model_shares
    group by all
),
models as (
    select distinct window_end, macro_category, base_permaslug
    from listed
    union
    select window_end, macro_category, base_permaslug
    from macros
    cross join reference.model_lineages
),
models_known as (
    -- The variants that the file knows by the fetch, less those that were gone before the window began.
    select
        window_end, macro_category, base_permaslug,
        count_if(gone_from is null or gone_from > timezone('UTC', (window_end - 6)::timestamp)) as known_variants
    from models
    join macros using (window_end, macro_category)
    join core.known_variants using (base_permaslug)
    where known_from <= retrieved_at and (known_to is null or known_to > retrieved_at)
    group by all
),
by_tag as (
    select
        window_end, macro_category, tag, base_permaslug, macro_token_share, macro_request_share, token_share, request_share,
        coalesce(listed_variants, 0) as listed_variants,
        case when known_variants > coalesce(listed_variants, 0) then coalesce(token_rest, 1) else 0 end as token_rest,
        case when known_variants > coalesce(listed_variants, 0) then least(
            (known_variants - coalesce(listed_variants, 0)) * coalesce(smallest_request_share, 1), coalesce(request_rest, 1)
        ) else 0 end as request_rest
    from models_known
    join tags using (window_end, macro_category)
    left join unlisted using (window_end, macro_category, tag)
    left join listed using (window_end, macro_category, tag, base_permaslug)
),
parts as (
    -- One list for all sums, sorted once: `order by` within each of them took most of the time of this table.
    select
        window_end, macro_category, base_permaslug,
        count(token_share) = count(*) as has_all_tokens,
        count(request_share) = count(*) as has_all_requests,
        list_sort(list(struct_pack(
            tag,
            token_share := macro_token_share * token_share,
            token_lower := greatest(macro_token_share - 0.0005, 0)
            * greatest(coalesce(token_share, 0) - 0.0005 * listed_variants, 0),
            token_upper := (macro_token_share + 0.0005)
            * (coalesce(token_share, 0) + 0.0005 * listed_variants + token_rest),
            request_share := macro_request_share * request_share,
            request_lower := greatest(macro_request_share - 0.0005, 0)
            * greatest(coalesce(request_share, 0) - 0.0005 * listed_variants, 0),
            request_upper := (macro_request_share + 0.0005)
            * (coalesce(request_share, 0) + 0.0005 * listed_variants + request_rest)
        ))) as tags
    from by_tag
    group by all
),
folded as (
    select
        window_end, macro_category, base_permaslug,
        -- A tag that does not list the model is not one without it: only of what all tags list is there a sum.
        case when has_all_tokens
            then list_sum(list_transform(tags, lambda part: part.token_share)) end as model_macro_token_share,
        list_sum(list_transform(tags, lambda part: part.token_lower)) as model_macro_token_share_lower,
        least(list_sum(list_transform(tags, lambda part: part.token_upper)), 1) as model_macro_token_share_upper,
        case when has_all_requests
            then list_sum(list_transform(tags, lambda part: part.request_share)) end as model_macro_request_share,
        list_sum(list_transform(tags, lambda part: part.request_lower)) as model_macro_request_share_lower,
        least(list_sum(list_transform(tags, lambda part: part.request_upper)), 1) as model_macro_request_share_upper
    from parts
)
select
    window_end, macro_category, base_permaslug,
    split_part(base_permaslug, '/', 1) as author,
    model_macro_token_share, model_macro_token_share_lower, model_macro_token_share_upper,
    model_macro_request_share, model_macro_request_share_lower, model_macro_request_share_upper,
    classified_token_share, classified_request_share, is_provisional, retrieved_at, capture, citation
from folded
join macros using (window_end, macro_category)
