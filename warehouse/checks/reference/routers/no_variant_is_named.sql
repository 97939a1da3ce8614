-- A router is named with all its variants, and with its author.
select base_permaslug
from reference.routers
where contains(base_permaslug, ':') or not contains(base_permaslug, '/')
