-- The build that the published file is, and the newest reading in it. When it was built is left out: a rebuild is the same.
select
    version, git_commit, reference_hashes, definitions, is_simulated,
    (select max(as_of) from core.readings) as as_of
from ops.builds
order by built_at desc
limit 1
