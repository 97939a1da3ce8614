-- Is M2 a work tool: is it used less at weekends than the platform is?
-- Does not show: who uses it. With a `share_factor` below 1 a model has less of the platform at weekends. Where 1 is within
-- its interval, it is about level with the platform; few weekends make wide intervals. Models with fewer than five complete
-- weekends are left out, and so are models that were never in the top ten of coding.
-- Tables: marts.weekday_factors, marts.launch_curves
select
    base_permaslug, complete_weekends, first_week_start, last_week_start,
    round(weekend_factor, 2) as weekend_factor,
    round(weekend_factor_from_estimate, 2) as factor_from_estimate,
    round(weekend_factor_to_estimate, 2) as factor_to_estimate,
    round(weekend_token_share_factor, 2) as share_factor,
    round(weekend_token_share_factor_from_estimate, 2) as share_factor_from_estimate,
    round(weekend_token_share_factor_to_estimate, 2) as share_factor_to_estimate,
    case
        when weekend_token_share_factor_to_estimate < 1 then 'less at weekends than the platform'
        when weekend_token_share_factor_from_estimate > 1 then 'more at weekends than the platform'
        when weekend_token_share_factor is not null then 'about level with the platform'
    end as verdict,
    is_provisional, citation
from marts.weekday_factors
where not is_small_sample
    and (base_permaslug = 'platform' or base_permaslug in (select base_permaslug from marts.launch_curves))
order by share_factor nulls first, base_permaslug
