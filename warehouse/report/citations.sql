-- The line to print beside each table, its licence, and whether it may be passed on.
select table_name, citation, as_of, licence, may_republish
from marts.citations
order by table_name
