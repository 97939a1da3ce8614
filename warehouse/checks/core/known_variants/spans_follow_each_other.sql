-- The spans of a variant follow each other without a gap, and the last one has no end.
select model_permaslug, known_from, known_to, next_from
from (
    select *, lead(known_from) over (partition by model_permaslug order by known_from) as next_from
    from core.known_variants
)
where known_to is distinct from next_from
