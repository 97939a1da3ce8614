-- How do I cite a figure, and which tables may I pass on?
-- Does not show: the instant of one row: each row of core and marts carries a citation of its own, and that is the one to
-- print beside its figure. May not be passed on means: quote what you worked out from it, do not publish the table.
-- Tables: marts.citations
select table_name, licence, may_republish, is_simulated, citation as line_to_print
from marts.citations
where starts_with(table_name, 'marts.')
order by table_name
