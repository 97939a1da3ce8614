-- The platform's verdict on a claim follows from both of its bounds; what the claim counted has one value, and no claim is missing.
select claim, measured_value, verdict, platform_value_lower, platform_value_upper, platform_verdict, holds_from, holds_below
from reference.public_claims
left join (
    select claim, measured_value, verdict, platform_value_lower, platform_value_upper, platform_verdict
    from marts.country_claim_checks
) using (claim)
where exists (from marts.country_claim_checks) and (
    case
        when platform_value_lower is null
            then platform_value_upper is null and platform_verdict = 'not measurable' and verdict = 'not measurable'
        else (platform_verdict <> 'not measurable' and coalesce(platform_value_lower <= platform_value_upper, true))
            and (platform_verdict = 'confirmed') = (
                coalesce(platform_value_lower >= holds_from, true)
                and (holds_below is null or coalesce(platform_value_upper < holds_below, false))
            )
            and (platform_verdict = 'refuted') = (
                coalesce(platform_value_upper < holds_from, false) or coalesce(platform_value_lower >= holds_below, false)
            )
            and if(counted_rows is null, verdict = platform_verdict, verdict <> 'undecided')
    end
) is not true
