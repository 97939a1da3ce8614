-- An alias and its model are named with their author, without a variant. The model is not an alias itself: a chain is written as
-- two lines with the same model, and a circle has none.
select alias, base_permaslug
from reference.model_aliases
where (
    contains(alias, '/') and not contains(alias, ':')
    and contains(base_permaslug, '/') and not contains(base_permaslug, ':')
    and base_permaslug not in (select alias from reference.model_aliases)
) is not true
