-- When the published file was built.
select max(built_at) as built_at from ops.builds
