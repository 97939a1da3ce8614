-- The build that this file is: its instant, the code that made it, and the newest fetch in it.
select
    built_at, version, git_commit, reference_hashes, definitions, is_simulated,
    (select max(as_of) from core.readings) as as_of
from ops.builds
order by built_at desc
limit 1
