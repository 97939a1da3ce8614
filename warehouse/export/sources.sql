-- For each table of core and marts: where it is taken from, whether it may be passed on, and how its newest fetch is cited.
select
    source.table_name, source.series_kinds, source.licence, source.may_republish, source.reason, source.source,
    cited.citation, cited.as_of
from reference.table_sources source
left join marts.citations cited using (table_name)
order by source.table_name
