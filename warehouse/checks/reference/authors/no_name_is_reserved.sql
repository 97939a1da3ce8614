-- Countries are two capital letters, and no author has a name that is used for models without one.
select author, canonical_author, country
from reference.authors
where canonical_author in ('other', 'unclassified', 'openrouter', 'stealth')
    or canonical_author like '~%'
    or not coalesce(regexp_full_match(country, '[A-Z]{2}'), true)
