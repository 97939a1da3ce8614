-- The build that this file is: its instant, and the code that made it.
select built_at, version, git_commit
from ops.builds
order by built_at desc
limit 1
