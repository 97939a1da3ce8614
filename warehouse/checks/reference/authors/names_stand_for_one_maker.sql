-- Every name leads to an author that is listed under its own name, of the same maker and country.
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
