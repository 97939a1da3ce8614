-- A pattern begins with an author in full: none decides for models of several makers, and variants have no weights of their own.
select model_pattern
from reference.open_weights
where not regexp_full_match(model_pattern, '[^/*?\[:]+/[^/:]+')
