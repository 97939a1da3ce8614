-- Every name belongs to one maker, which is listed under its own name with the same country.
select author, canonical_author, maker, country
from reference.authors as alias
where not exists (
    select 1
    from reference.authors as canonical
    where canonical.author = alias.canonical_author
        and canonical.canonical_author = alias.canonical_author
        and canonical.maker = alias.maker
        and canonical.country is not distinct from alias.country
)
